"""How alike two texts are: do two suggestions say the same, and was one of them sent?"""

import re
from collections import Counter
from difflib import SequenceMatcher

_MARKS = re.compile(r"[\W_]+")
SAME = 0.7  # of the pairs of characters of the shorter text, from which two texts say the same
USED_FROM = 0.97  # of a suggestion's characters, in their order: a mark or a blank was changed, no word
EDITED_FROM = 0.3  # below that somebody wrote something else


def bare(text: str) -> str:
    """The text without marks and blanks."""
    return _MARKS.sub("", text).lower()


def say_the_same(one: str, other: str) -> bool:
    """True if the shorter of two texts stands nearly whole in the longer, whatever the order of its words."""
    pairs, others = _pairs(one), _pairs(other)
    fewer = min(pairs.total(), others.total())
    return fewer > 0 and (pairs & others).total() >= SAME * fewer


def share_kept(suggested: str, sent: str) -> float:
    """The share of a suggestion's characters that were sent, in their order (0..1).

    Other words around it take nothing away: a greeting before it does not make it another answer.
    """
    own, whole = bare(suggested), bare(sent)
    if not own:
        return 0.0
    if own in whole:
        return 1.0
    blocks = SequenceMatcher(None, own, whole, autojunk=False).get_matching_blocks()
    # Single characters match anywhere in a long text by chance.
    return sum(block.size for block in blocks if block.size > 1) / len(own)


def _pairs(text: str) -> Counter[str]:
    plain = bare(text)
    return Counter(plain[at : at + 2] for at in range(len(plain) - 1))
