"""Which addresses of the hotline are whose: the public's, its staff's, its own processes'."""

import re

ACTIONS = "/actions/webhook"

# Counted by nobody: probes, metrics, Rasa's call-backs (loopback and a secret), small files.
_FREE = re.compile(r"/(healthz|readyz|metrics|static/.*)|" + re.escape(ACTIONS))
# Signed in, with a key, or signed: who calls is known there, and an office may work fast.
_STAFF = re.compile(
    r"/console(/.*)?|/v1/(agent|tickets|export|disclosures|case-systems)(/.*)?|/open311(/.*)?"
)
SIGN_IN = "/console/login"
ANSWERS = "/v1/answers"
_EVENTS = re.compile(r"/v1/conversations/[^/]+/events")
# What a page of another site may load or call when it may embed the chat.
_EMBEDDED = re.compile(r"/widget\.js|/static/(chat/.*|icon\.svg)")
_CALLED = re.compile(r"/v1/(conversations(/.*)?|progress)")


def is_counted(path: str) -> bool:
    """Whether requests to this address are counted at all."""
    door = path == SIGN_IN or path.startswith("/console/oidc/")
    return not _FREE.fullmatch(path) and (door or not _STAFF.fullmatch(path))


def is_public(path: str) -> bool:
    """Whether citizens send something there."""
    return path != ACTIONS and not _STAFF.fullmatch(path)


def is_stream(path: str) -> bool:
    """Whether an event stream answers there."""
    return _EVENTS.fullmatch(path) is not None


def is_embedded(path: str) -> bool:
    """Whether a page of another site may show what lies there."""
    return _EMBEDDED.fullmatch(path) is not None


def is_called_by_portals(path: str) -> bool:
    """Whether a script on a portal's page may read what comes from there."""
    return is_embedded(path) or _CALLED.fullmatch(path) is not None
