"""Everyday words and the terms that the law uses for them (knowledge/lexicon/*.yml)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from knowledge.embedding.features import normalise

SHIPPED_LEXICON = Path(__file__).parents[1] / "lexicon"
GAP = normalise("…")
_GAP_PATTERN = "[^。！？!?；;\n]{0,8}?"


@dataclass(frozen=True)
class LexiconGroup:
    """Expressions that people use for one thing, and the terms under which the law speaks of it.

    An expression may hold one gap "…", which stands for up to eight characters of the same sentence.
    """

    topic: str
    formal: tuple[str, ...]
    colloquial: tuple[str, ...]


class Lexicon:
    """Finds everyday expressions in a text; where one lies inside a longer one, only the longer counts."""

    def __init__(self, groups: Iterable[LexiconGroup]) -> None:
        self._exact: dict[str, list[LexiconGroup]] = {}
        self._gapped: list[tuple[re.Pattern[str], LexiconGroup]] = []
        # Both by first character: a text holds the beginnings of few expressions.
        gapped: dict[str, list[tuple[str, int]]] = {}
        lengths: dict[str, set[int]] = {}
        for group in groups:
            for expression in map(normalise, group.colloquial):
                if GAP in expression:
                    head, pattern = _compile_gapped(expression)
                    gapped.setdefault(head[:1], []).append((head, len(self._gapped)))
                    self._gapped.append((pattern, group))
                else:
                    self._exact.setdefault(expression, []).append(group)
                    lengths.setdefault(expression[0], set()).add(len(expression))
        self._heads = gapped
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def groups(self, text: str) -> list[LexiconGroup]:
        """Return the groups whose expressions occur in the text, each once, in the order they occur."""
        text = normalise(text)
        found = [group for expression in self._longest(text) for group in self._exact[expression]]
        found += [group for pattern, group in self._begun(text) if pattern.search(text)]
        return list(dict.fromkeys(found))

    def formal_terms(self, text: str) -> list[str]:
        """Return the formal terms of the expressions in the text, each once; empty if there are none."""
        return list(dict.fromkeys(term for group in self.groups(text) for term in group.formal))

    def _begun(self, text: str) -> list[tuple[re.Pattern[str], LexiconGroup]]:
        """The expressions with a gap whose beginnings the text holds, in the order of the lexicon."""
        heads = (head for first in self._heads.keys() & {"", *text} for head in self._heads[first])
        return [self._gapped[number] for number in sorted(number for head, number in heads if head in text)]

    def _longest(self, text: str) -> Iterator[str]:
        covered = 0
        for start in range(len(text)):
            for length in self._lengths.get(text[start], ()):
                end = start + length
                if end <= covered:
                    break
                if (expression := text[start:end]) in self._exact and end <= len(text):
                    covered = end
                    yield expression
                    break


def _compile_gapped(expression: str) -> tuple[str, re.Pattern[str]]:
    parts = expression.split(GAP)
    return parts[0], re.compile(_GAP_PATTERN.join(map(re.escape, parts)))


def read_lexicon(folder: Path = SHIPPED_LEXICON) -> list[LexiconGroup]:
    """Read every lexicon file of a folder, in the order of their names.

    Raises:
        ValueError: a file is not a topic with groups of formal and colloquial expressions.
    """
    return [group for path in sorted(folder.glob("*.yml")) for group in _read_topic(path)]


def _read_topic(path: Path) -> list[LexiconGroup]:
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    try:
        return [
            LexiconGroup(loaded["topic"], _expressions(group["formal"]), _expressions(group["colloquial"]))
            for group in loaded["groups"]
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: expected a topic and groups of formal and colloquial words: {error}"
        ) from error


def _expressions(listed: list[str]) -> tuple[str, ...]:
    for expression in listed:
        if not isinstance(expression, str):
            raise TypeError(f"{expression!r} is not text; put it in quotes")
    return tuple(listed)


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def shipped_lexicon() -> Lexicon:
    """Return the project's lexicon, read once per process."""
    return Lexicon(read_lexicon())


def formal_terms(text: str) -> list[str]:
    """Return the law's terms for the everyday expressions in a text, for widening a query at a low weight."""
    return shipped_lexicon().formal_terms(text)
