"""Names of accounts: what may be one, and which two are the same to the eye."""

import unicodedata

from api.accounts.model import BadName

MOST_CHARS = 80


def plain_name(name: str) -> str:
    """Give the name as it is kept: no spaces around it, full-width letters as plain ones (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", name).strip()


def name_key(name: str) -> str:
    """Give what two names have in common that differ in case, width and spaces only."""
    return "".join(unicodedata.normalize("NFKC", plain_name(name).casefold()).split())[:MOST_CHARS]


def new_name(name: str) -> str:
    """Check the name of a new account and give it as it is kept.

    Raises:
        BadName: it is empty, longer than MOST_CHARS or holds characters that nobody sees.
    """
    kept = plain_name(name)
    if not kept or len(kept) > MOST_CHARS:
        raise BadName(f"the name has {len(kept)} characters: 1 to {MOST_CHARS} are needed")
    # Cc, Cf, Co, Cs, Cn: controls, marks of direction, joiners; Zl and Zp end lines.
    if any(unicodedata.category(each).startswith("C") or each in "\u2028\u2029" for each in kept):
        raise BadName("the name holds characters that nobody sees: write letters, digits and signs only")
    return kept
