"""Chinese and Arabic numbers: article numbers both ways, and one spelling for amounts so that texts compare.

Callers say 第1077条 or 一零七七条, laws print 第一千零七十七条; laws mix 三十日, 30日, 百分之二十 and 20%.
"""

from __future__ import annotations

import re

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
UNITS = {"十": 10, "百": 100, "千": 1000}
NUMERAL = "零〇○一二三四五六七八九十百千"
ANY_NUMERAL = NUMERAL + "0-9０-９"
ARTICLE_NO = rf"第 ?([{NUMERAL}]+|\d{{1,4}}) ?条(?:之([{NUMERAL}]{{1,3}}|\d{{1,2}}(?!\d)))?"

_AMOUNT = re.compile(r"[零〇○一二两三四五六七八九十百千万亿]+")
_PERCENT = re.compile(
    r"百分之([零〇○一二三四五六七八九十百]+|\d+(?:\.\d+)?)(?:点([零〇一二三四五六七八九]+))?"
)
_PERMILLE = re.compile(r"千分之([零〇○一二三四五六七八九十百]+|\d+(?:\.\d+)?)")


def chinese_to_int(text: str) -> int:
    """Read 一千零七十七, 一零七七, 十五, 三万, 1077.

    Raises:
        ValueError: it is not a number.
    """
    if text.isdigit():
        return int(text)
    if not text or not all(c in DIGITS or c in UNITS or c in "万亿" for c in text):
        raise ValueError(f"not a Chinese number: {text!r}")
    for sign, size in (("亿", 10**8), ("万", 10**4)):
        if sign in text:
            head, _, tail = text.rpartition(sign)
            return (chinese_to_int(head) if head else 1) * size + (chinese_to_int(tail) if tail else 0)
    if not any(c in UNITS for c in text):
        return int("".join(str(DIGITS[c]) for c in text))
    return _below_ten_thousand(text)


def _below_ten_thousand(text: str) -> int:
    total, digit = 0, None
    for char in text:
        if char in UNITS:
            total += (1 if digit is None else digit) * UNITS[char]
            digit = None
        else:
            digit = DIGITS[char] or None
    return total + (digit or 0)


def int_to_chinese(number: int) -> str:
    """Write 1 to 9999 the way laws number their articles: 11 -> 十一, 1077 -> 一千零七十七."""
    if not 0 < number < 10_000:
        raise ValueError(f"out of range: {number}")
    digits, text, gap = "零一二三四五六七八九", "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            text += ("零" if gap and text else "") + digits[digit] + unit
            gap = False
        else:
            gap = True
    return text.removeprefix("一") if text.startswith("一十") else text


def article_name(number: str, branch: str | None = None) -> str:
    """Write an article number as laws print it: "11" -> 第十一条, ("120", "1") -> 第一百二十条之一."""
    name = f"第{int_to_chinese(chinese_to_int(number))}条"
    return f"{name}之{int_to_chinese(chinese_to_int(branch))}" if branch else name


def arabic_numbers(text: str) -> str:
    """Give numbers one spelling: 三十日 -> 30日, 百分之九十 -> 90%, 十五个工作日 -> 15个工作日."""
    text = _PERCENT.sub(lambda m: f"{_decimal(m[1], m[2])}%", text)
    text = _PERMILLE.sub(lambda m: f"{_decimal(m[1], None)}‰", text)
    return _AMOUNT.sub(_arabic, text)


def _decimal(whole: str, fraction: str | None) -> str:
    head = whole if re.fullmatch(r"\d+(\.\d+)?", whole) else str(chinese_to_int(whole))
    return f"{head}.{''.join(str(DIGITS[c]) for c in fraction)}" if fraction else head


def _arabic(match: re.Match[str]) -> str:
    try:
        return str(chinese_to_int(match[0]))
    except ValueError:
        return match[0]
