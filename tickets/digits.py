"""Numbers as people type and dictate them: phones, pieces of phones, ID numbers."""

import re
import unicodedata

_CHINESE_DIGITS = dict(zip("零〇一二三四五六七八九幺", "001234567891", strict=True))
DIGIT = r"\d零〇一二三四五六七八九幺"
_PHONE = re.compile(r"(?<![\dA-Za-z])(?:\+?86)?(1[3-9]\d{9}|0\d{9,11})(?![\dXx])")
_PIECE = re.compile(r"\d{3,10}")
_TAIL = re.compile(
    r"(?:后面?[二两三四五六2-6]位|尾号|末[三四]位)(?:数)?(?:应该)?(?:是|为|[:：])?(\d{2,6})(?!\d)"
)
_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
_ID_LIKE = re.compile(r"(?<!\d)\d{15,19}[Xx]?(?![\dXx])")
# GB 11643-1999: weights of the first 17 digits, and the check character for each remainder of 11.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
PHONE_LENGTH = 11


def digits_of(text: str) -> str:
    """Return the text with digit groups joined and spoken digits (幺三八…) as Arabic ones.

    Only for finding numbers: it also joins digits that belong apart.
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(rf"(?<=[{DIGIT}])[\s\-.、,]+(?=[{DIGIT}Xx])", "", text)
    return re.sub(
        rf"[{DIGIT}]{{7,}}", lambda run: "".join(_CHINESE_DIGITS.get(c, c) for c in run.group()), text
    )


def phones_in(text: str) -> tuple[str, ...]:
    """Mobile numbers (11 digits) and landlines with area code (10 to 12), in the order they are said."""
    return tuple(_PHONE.findall(digits_of(text)))


def phone_in_pieces(text: str) -> str | None:
    """The one phone number that the pieces of a message make together (1371234，后四位0001), or None."""
    found = _PIECE.findall(_all_digits(text))
    return joined_phone(found[0], "".join(found[1:])) if len(found) > 1 else None


def corrected_tail(text: str, phone: str) -> str | None:
    """The phone with its last digits put right (后三位是851，不是815), or None."""
    joined = _all_digits(text)
    tail = _TAIL.search(joined)
    if tail is None or len(tail.group(1)) >= len(phone):
        return None
    return phone[: -len(tail.group(1))] + tail.group(1)


def phone_piece(text: str) -> str | None:
    """Three to ten digits in a row, spoken or written, as someone gives who sends a number in pieces."""
    found = _PIECE.findall(_all_digits(text))
    return "".join(found) if found and len("".join(found)) < PHONE_LENGTH else None


def joined_phone(first: str, second: str) -> str | None:
    """The phone number that two pieces make together, or None."""
    found = _PHONE.fullmatch(first + second)
    return found.group(1) if found else None


def id_numbers_in(text: str) -> tuple[str, ...]:
    """Resident ID numbers whose birth date and check character are right (GB 11643-1999)."""
    return tuple(number for number in _ID_NUMBER.findall(digits_of(text).upper()) if _is_id_number(number))


def mistyped_id_number(text: str) -> bool:
    """Whether something that was meant as an ID number cannot be one."""
    found = _ID_LIKE.findall(digits_of(text).upper())
    return any(not _is_id_number(number) for number in found)


def without_phone(text: str, phone: str, instead: str) -> str:
    """The text with every writing of this phone number replaced."""
    spoken = {"0": "0零〇０", "1": "1一幺１", "2": "2二２", "3": "3三３", "4": "4四４"}
    spoken |= {"5": "5五５", "6": "6六６", "7": "7七７", "8": "8八８", "9": "9九９"}
    return re.sub(r"[\s\-.、,]*".join(f"[{spoken[digit]}]" for digit in phone), instead, text)


def _all_digits(text: str) -> str:
    joined = digits_of(text)
    return re.sub(
        rf"[{DIGIT}]{{3,}}", lambda run: "".join(_CHINESE_DIGITS.get(c, c) for c in run.group()), joined
    )


def _is_id_number(number: str) -> bool:
    if len(number) != 18 or not ("01" <= number[10:12] <= "12" and "01" <= number[12:14] <= "31"):
        return False
    if not "1880" <= number[6:10] <= "2100":
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == number[17]
