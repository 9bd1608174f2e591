"""Draws training pairs (query, text): inverse cloze, keywords, everyday wording, titles, real questions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from knowledge.embedding.material import Ids, Material

LONGEST_TEXT = 512  # features; the few longer articles are cut
TOKEN_DROPOUT = 0.15
IN_LAW_ARTICLES = 8
SIBLING_SHARE = 0.4  # of the questions about an article: paired with another one about it
# Shares of the kinds of pairs; without real questions theirs falls to the others.
SHARES = {
    "cloze": 0.20,
    "keywords": 0.08,
    "colloquial": 0.25,
    "title": 0.03,
    "lexicon": 0.04,
    "question": 0.40,
}


@dataclass(frozen=True)
class Pair:
    """A query and the text that answers it; texts with a common key are never each other's negatives."""

    query: Ids
    text: Ids
    key: int


class PairDrawer:
    """Draws batches of pairs; the same material and seed give the same pairs."""

    def __init__(self, material: Material, seed: int) -> None:
        self._material = material
        self._texts = material.texts
        self._random = np.random.default_rng(seed)
        self._article_share = np.cumsum(material.weights / material.weights.sum())
        law_weights = np.array([material.weights[members].sum() for members in material.laws])
        self._law_share = law_weights / law_weights.sum()
        self._groups = [g for g, articles in enumerate(material.articles_of_group) if len(articles)]
        shares = {kind: s for kind, s in SHARES.items() if material.texts.questions or kind != "question"}
        self._kinds = list(shares)
        self._kind_shares = np.array(list(shares.values())) / sum(shares.values())
        self._draw: dict[str, Callable[[int], Pair]] = {
            "cloze": self._cloze,
            "keywords": self._keywords,
            "colloquial": self._colloquial,
            "title": self._title,
            "lexicon": self._lexicon,
            "question": self._question,
        }

    def batch(self, size: int, in_law: bool) -> list[Pair]:
        """Return pairs over articles of many laws or, in_law, over eight articles each of fewer laws."""
        articles = self._neighbours(size) if in_law else self._scattered(size)
        kinds = self._random.choice(len(self._kinds), size=size, p=self._kind_shares)
        pairs = []
        for article, kind in zip(articles, kinds, strict=True):
            if self._kinds[kind] == "colloquial" and not in_law and self._groups:
                pairs.append(self._colloquial_of_some_group())
            elif self._kinds[kind] == "question" and in_law:
                pairs.append(self._question_about(int(article)))
            else:
                pairs.append(self._draw[self._kinds[kind]](int(article)))
        return [pair for pair in pairs if len(pair.query) and len(pair.text)]

    def _scattered(self, size: int) -> np.ndarray:
        return np.searchsorted(self._article_share, self._random.random(size)).clip(
            max=len(self._article_share) - 1
        )

    def _neighbours(self, size: int) -> np.ndarray:
        count = min(size // IN_LAW_ARTICLES, len(self._material.laws))
        laws = self._random.choice(len(self._material.laws), size=count, replace=False, p=self._law_share)
        chosen = [self._random.choice(self._material.laws[law], size=IN_LAW_ARTICLES) for law in laws]
        return np.concatenate([*chosen, self._scattered(size - count * IN_LAW_ARTICLES)])

    def _text(self, article: int, without: tuple[int, int] = (0, 0)) -> Ids:
        clauses = self._texts.clauses[article]
        rest = clauses[: without[0]] + clauses[without[1] :]
        return np.concatenate([self._texts.headings[article], *rest])[:LONGEST_TEXT]

    def _cloze(self, article: int) -> Pair:
        clauses = self._texts.clauses[article]
        if len(clauses) < 2:
            return self._keywords(article)
        length = int(self._random.integers(1, min(3, len(clauses))))
        start = int(self._random.integers(0, len(clauses) - length + 1))
        query = np.concatenate(clauses[start : start + length])
        return Pair(query, self._text(article, (start, start + length)), article)

    def _some_keywords(self, article: int, most: int) -> Ids:
        material = self._material
        words = np.concatenate(self._texts.clauses[article] or [self._texts.headings[article]])
        words = np.unique(words[material.is_word[words]])
        if not len(words) or most < 1:
            return np.empty(0, dtype=np.int32)
        weight = material.idf[words] + 1e-3
        count = min(int(self._random.integers(1, most + 1)), len(words))
        return self._random.choice(words, size=count, replace=False, p=weight / weight.sum())

    def _keywords(self, article: int) -> Pair:
        return Pair(self._some_keywords(article, 4), self._text(article), article)

    def _title(self, article: int) -> Pair:
        text = np.concatenate(self._texts.clauses[article] or [self._texts.headings[article]])
        return Pair(self._texts.headings[article], text[:LONGEST_TEXT], article)

    def _colloquial(self, article: int) -> Pair:
        about = self._material.about[article]
        if not about:
            return self._cloze(article)
        count = min(len(about), int(self._random.integers(1, 4)))
        chosen = self._random.choice(len(about), size=count, replace=False)
        return self._colloquial_pair(article, [about[number] for number in chosen])

    def _colloquial_of_some_group(self) -> Pair:
        """Draw the group first, so that rare matters are learnt as well as common ones."""
        group = self._groups[self._random.integers(len(self._groups))]
        members = self._material.articles_of_group[group]
        candidates = members[self._random.integers(len(members), size=4)]
        article = int(candidates[np.argmax(self._material.weights[candidates])])
        about = self._material.about[article]
        chosen = [next(match for match in about if match[0] == group)]
        if self._random.random() < 0.5:
            chosen.append(about[self._random.integers(len(about))])
        return self._colloquial_pair(article, chosen)

    def _colloquial_pair(self, article: int, terms: list[tuple[int, int]]) -> Pair:
        parts = [self._said(group, position) for group, position in terms]
        if self._random.random() < 0.3:
            parts += self._clause_without(article, *terms[0])
        elif self._random.random() < 0.5:
            parts.append(self._some_keywords(article, 2))
        return Pair(self._framed(parts), self._text(article), article)

    def _said(self, group: int, position: int) -> Ids:
        """Return how a caller would say a formal term: mostly in everyday words."""
        said = self._texts.colloquial[group]
        if self._random.random() < 0.85:
            return said[self._random.integers(len(said))]
        return self._texts.formal[group][position]

    def _clause_without(self, article: int, group: int, position: int) -> list[Ids]:
        """Return a real clause that holds some of the formal term, without the term's features."""
        term = self._texts.formal[group][position]
        clauses = self._texts.clauses[article]
        holding = [clause for clause in clauses if np.isin(clause, term).sum() >= 2]
        if not holding:
            return []
        clause = holding[self._random.integers(len(holding))]
        return [clause[~np.isin(clause, term)]]

    def _framed(self, parts: list[Ids]) -> Ids:
        frames = self._texts.openings, self._texts.endings
        for frame in frames:
            if frame and self._random.random() < 0.6:
                parts = [*parts, frame[self._random.integers(len(frame))]]
        return self._thinned(np.concatenate(parts))

    def _thinned(self, ids: Ids) -> Ids:
        kept = ids[self._random.random(len(ids)) >= TOKEN_DROPOUT]
        return kept if len(kept) else ids

    def _lexicon(self, article: int) -> Pair:
        del article  # the pair is about a term, not about an article
        group = int(self._random.integers(len(self._texts.colloquial)))
        said = self._texts.colloquial[group]
        query = self._framed([said[self._random.integers(len(said))]])
        return Pair(query, np.concatenate(self._texts.formal[group]), -1 - group)

    def _question(self, article: int) -> Pair:
        del article  # real questions carry their own answers
        return self._question_pair(int(self._random.integers(len(self._texts.questions))))

    def _question_about(self, article: int) -> Pair:
        """A real question about this very article; its neighbours in the law are what it is not about."""
        own = self._material.questions_of_article.get(article)
        return self._question_pair(int(self._random.choice(own))) if own else self._cloze(article)

    def _question_pair(self, number: int) -> Pair:
        key = self._material.question_keys[number]
        query = self._thinned(self._texts.questions[number])
        others = self._material.questions_of_article.get(key, ())
        if len(others) > 1 and self._random.random() < SIBLING_SHARE:
            # Asked otherwise, the same article is meant: callers are compared with what others asked.
            step = int(self._random.integers(1, len(others)))
            sibling = others[(others.index(number) + step) % len(others)]
            return Pair(query, self._texts.questions[sibling], key)
        answers = self._texts.answers[number]
        text = answers[self._random.integers(len(answers))]
        return Pair(query, text[:LONGEST_TEXT], key)
