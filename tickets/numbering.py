"""Ticket numbers that survive being read out on the phone.

A number is `YYYYMMDD-SSSS-C`: the Beijing date, the day's running number (four digits, more on a
very busy day) and a check digit. Digits only, so an old phone can type it and a voice can say it.

The check digit is Damm's (H. Michael Damm, Total anti-symmetrische Quasigruppen, Marburg 2004): it finds
every single wrong digit and every swap of neighbours, which ISO 7064 MOD 11-10 and Luhn do not.
"""

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from itertools import accumulate, product

from tickets.errors import BadNumber, NotFound

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")

# Damm's totally anti-symmetric quasigroup of order 10; the row is the interim digit.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
_SPOKEN = str.maketrans("零〇洞一壹幺二贰两三叁四肆五伍六陆七柒拐八捌九玖", "000111222334455667778899")
_SEPARATOR = r"[\s\-‐‑‒–—―−_./·、,，:：杠横的]"
_GROUPED = re.compile(rf"(?<![0-9])(20[0-9]{{6}}){_SEPARATOR}+([0-9]{{4,6}}){_SEPARATOR}+([0-9])(?![0-9])")
_RUN = re.compile(rf"[0-9](?:{_SEPARATOR}*[0-9])*")
_LENGTHS = (13, 14, 15)
_PHONE_TAIL = 4


def check_digit(digits: str) -> int:
    """Give Damm's check digit for a string of decimal digits."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return interim


def beijing_day(at: datetime) -> int:
    """Give the Beijing calendar day of an instant as YYYYMMDD."""
    return int(at.astimezone(BEIJING).strftime("%Y%m%d"))


def make_number(day: int, sequence: int) -> str:
    """Build the canonical number for the day's n-th ticket; sequence counts from 1."""
    digits = f"{day}{sequence:04d}"
    return f"{day}-{sequence:04d}-{check_digit(digits)}"


def split_number(number: str) -> tuple[int, int]:
    """Give (day, sequence) of a canonical number.

    Raises:
        BadNumber: it is not canonical or its check digit is wrong.
    """
    day, _, rest = number.partition("-")
    sequence, _, _ = rest.partition("-")
    if (
        not (day.isdecimal() and sequence.isdecimal())
        or not number.isascii()
        or _canonical(number.replace("-", "")) != number
    ):
        raise BadNumber(f"{number!r} is not a ticket number")
    return int(day), int(sequence)


def parse_number(text: str) -> str:
    """Find the ticket number in what somebody typed or said; give it in canonical form.

    Takes full-width and Chinese digits (幺 for 1), missing or strange hyphens, words around it.

    Raises:
        BadNumber: nothing in the text is a ticket number with a fitting date and check digit.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_SPOKEN)
    for candidate in _candidates(plain):
        number = _canonical(candidate)
        if number:
            return number
    raise BadNumber("not a ticket number: a digit is wrong, missing or too many")


def find_number(text: str) -> str | None:
    """Give the ticket number in a text, or None: for messages that may or may not contain one."""
    try:
        return parse_number(text)
    except NotFound:
        return None


def _candidates(plain: str) -> list[str]:
    """List digit strings that may be a number, the most explicit reading first.

    Behind the number there may be nothing more, or a phone or its last four digits, as people send them
    together; one to three digits too many mean that something was mistyped.
    """
    found = ["".join(match.groups()) for match in _GROUPED.finditer(plain)]
    for run in _RUN.finditer(plain):
        groups = re.findall(r"[0-9]+", run.group())
        joined = "".join(groups)
        starts = [0, *accumulate(map(len, groups))]
        for start, length in product(starts, _LENGTHS):
            left_over = len(joined) - start - length
            if left_over == 0 or left_over >= _PHONE_TAIL:
                found.append(joined[start : start + length])
    return found


def _canonical(digits: str) -> str | None:
    """Give the canonical number for 13 to 15 digits, or None when date or check digit do not fit."""
    if len(digits) not in _LENGTHS or not digits.startswith("20") or check_digit(digits) != 0:
        return None
    day, sequence, check = digits[:8], digits[8:-1], digits[-1]
    if int(sequence) == 0 or (len(sequence) > 4 and sequence.startswith("0")):
        return None
    try:
        date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}")
    except ValueError:
        return None
    return f"{day}-{sequence}-{check}"
