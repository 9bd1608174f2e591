"""Which ticket a message names: its number, and the last four digits of the phone that was left with it."""

import re
from dataclasses import dataclass

from tickets.digits import digits_of, phone_piece
from tickets.numbering import find_number

_LIKE_A_NUMBER = re.compile(r"20\d{9,}")
_TAIL = re.compile(r"(?<!\d)(?:1[3-9]\d{5})?(\d{4})(?!\d)")
_BARE_TAIL = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_TAIL_DIGITS = 4


@dataclass(frozen=True)
class Named:
    """`number` is canonical; `mistyped`: something was said for a number whose check digit is wrong.

    `tails`: what may be the last four digits of the phone, as said.
    """

    number: str | None = None
    tails: tuple[str, ...] = ()
    mistyped: bool = False


def named_in(
    text: str, *, known: str | None = None, asked_for_tail: bool = False, whole_phones: bool = True
) -> Named:
    """Read number and tail from a message.

    Args:
        known: the number that was named before; without any number, four digits are no tail.
        asked_for_tail: then spoken digits count too.
        whole_phones: whether a whole phone number gives a tail as well; not where it may be a new one.
    """
    said = find_number(text)
    rest = digits_of(text)
    if said is None and _LIKE_A_NUMBER.search(rest):
        return Named(known, mistyped=True)
    number = said or known
    if said:
        rest = rest.replace(re.sub(r"\D", "", said), " ")
    tails = (_TAIL if whole_phones else _BARE_TAIL).findall(rest)
    if not tails and asked_for_tail and said is None:
        piece = phone_piece(text)
        tails = [piece] if piece and len(piece) == _TAIL_DIGITS else []
    return Named(number, tuple(tails) if number else ())
