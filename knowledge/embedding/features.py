"""From Chinese text to the features that the small model and BM25 count: words and single characters."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from knowledge.derived import NOTHING_KEPT, Derived
from knowledge.embedding.word_list import WordList, packed_dictionary, private_jieba

WORDS_FILE = "words.txt"
SHIPPED_MODEL = Path(__file__).parent / "model"

# Code points that carry no meaning but split a word when they stand inside it.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_COUNTED = re.compile(r"[^\W_]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


class FeatureTokeniser:
    """Cuts text into features; the same text always gives the same ones. Safe between threads."""

    def __init__(self, words: Iterable[str] = (), derived: Derived = NOTHING_KEPT) -> None:
        """Take jieba's dictionary and add the domain's words.

        Args:
            derived: where the result is kept; without it, it is made each time (1 s).
        """
        added = sorted(set(words))
        packed = derived.content("words", ["\n".join(added).encode()], lambda: packed_dictionary(added))
        self._list = WordList(packed)
        self._jieba = private_jieba()
        self._jieba.FREQ, self._jieba.total = self._list.frequencies, self._list.total

    def words(self, text: str) -> list[str]:
        """Return the words of two characters or more, compounds with their parts (jieba's search mode)."""
        return self._words(normalise(text))

    @property
    def jieba(self) -> Any:
        """The tokeniser underneath, with all words: for cutting and for word frequencies."""
        self._list.load_all()
        return self._jieba

    def tokenise(self, text: str) -> list[str]:
        """Return words of two characters or more, then every Chinese character of the text on its own.

        Single characters keep a query alive when it is cut differently from the law, or misspelt.
        """
        text = normalise(text)
        return self._words(text) + _HAN.findall(text)

    def _words(self, text: str) -> list[str]:
        self._list.load_for(text)
        cut = self._jieba.lcut_for_search(text)
        return [word for word in cut if len(word) > 1 and _COUNTED.search(word)]


def normalise(text: str) -> str:
    """Return the text in NFKC, lower case, without invisible characters."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()


def read_words(model_dir: Path) -> list[str]:
    """Return the domain words that a packed model was trained with; empty if the folder has none."""
    path = model_dir / WORDS_FILE
    return path.read_text(encoding="utf-8").split() if path.exists() else []


_kept: list[Derived] = [NOTHING_KEPT]


def keep_dictionary(derived: Derived) -> None:
    """Say where this process keeps the dictionary of the shipped tokeniser, before that is first used."""
    _kept[:] = [derived]


@cache
def shipped_tokeniser() -> FeatureTokeniser:
    """Return the tokeniser of the shipped model; one per process."""
    return FeatureTokeniser(read_words(SHIPPED_MODEL), _kept[0])


@lru_cache(maxsize=1024)
def tokenise(text: str) -> tuple[str, ...]:
    """Return the features of a text as the shipped model counts them; BM25 may use them as its terms.

    The last ones are remembered: words and vector of a text are asked for one after the other.
    """
    return tuple(shipped_tokeniser().tokenise(text))
