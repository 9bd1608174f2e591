"""Which browser somebody has, as far as its own word goes: enough to know one's own sessions by."""

import re

# Order matters: most browsers also call themselves Chrome and Safari.
_BROWSERS = (
    ("WeChat", r"MicroMessenger"),
    ("DingTalk", r"DingTalk"),
    ("Edge", r"Edge?/|EdgA/|EdgiOS/"),
    ("QQ", r"QQBrowser"),
    ("360", r"QIHU|360SE|360EE"),
    ("UC", r"UCBrowser|UBrowser"),
    ("Opera", r"OPR/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Safari/"),
    ("Internet Explorer", r"Trident/|MSIE"),
)
_SYSTEMS = (
    ("HarmonyOS", r"HarmonyOS|OpenHarmony"),
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X"),
    ("Linux", r"Linux"),
)


def browser_of(user_agent: str) -> str:
    """Give the family and the system, as `Firefox · Windows`; what is not known is left out."""
    found = (_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))
    return " · ".join(filter(None, found))


def _first(families: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for name, pattern in families if re.search(pattern, user_agent)), None)
