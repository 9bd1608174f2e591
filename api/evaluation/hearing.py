"""Phones and a yes in the citizen's words, heard without the parts that are measured (data/driver.zh.yml)."""

import re
import unicodedata

from api.evaluation.words import words

_PHONE = re.compile(r"(?<!\d)(?:86)?(1[3-9]\d{9})(?!\d)")
_BETWEEN = r"[\s\-—.·,，、]"


def phones_in(text: str) -> set[str]:
    """Give the mobile numbers in a text, however they are written: spaced, full width, spoken (幺三九…)."""
    digits: dict[str, str] = words("driver")["spoken_digits"]
    plain = unicodedata.normalize("NFKC", text)
    one = f"[0-9{''.join(digits)}]"
    joined = re.sub(rf"(?<={one}){_BETWEEN}{{1,2}}(?={one})", "", plain)
    spoken = re.sub(rf"{one}{{7,}}", lambda run: "".join(digits.get(c, c) for c in run.group()), joined)
    # Digits that only stood beside the number are joined to it too: look at the text as written as well.
    return {*_PHONE.findall(spoken), *_PHONE.findall(plain)}


def says_yes(text: str) -> bool:
    """Whether a message agrees and denies nothing."""
    bare = re.sub(r"^[\s，,。.!！]+", "", unicodedata.normalize("NFKC", text))
    listed = words("driver")

    def says(which: str) -> bool:
        at_first = bare.startswith(tuple(listed[f"{which}_at_first"]))
        return at_first or any(word in bare for word in listed[f"{which}_anywhere"])

    return says("yes") and not says("denying")
