"""A citizen's question as an editor may read it: its matter, without whom it is about."""

from tickets.digits import digits_of
from tickets.hearing import understand
from tickets.privacy import mask_name, mask_text


def masked(text: str) -> str:
    """Mask phone, ID and card numbers, and the names that the text itself introduces (我叫…, 名叫…).

    A number that was spelt out (幺三八…) is written in digits to be masked. Names that merely occur are not
    recognised; the rules are those of tickets.privacy and tickets.hearing.
    """
    told = understand(text, None, lambda said: None)
    plain = mask_text(text)
    if told.phone and told.phone in digits_of(plain):
        plain = mask_text(digits_of(text))
    for name in (told.own_name, told.other_name):
        if name:
            plain = plain.replace(name, mask_name(name))
    return " ".join(plain.split())
