"""Training material in the form that pairs are drawn from: articles, lexicon and questions as feature ids."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from knowledge.embedding.features import FeatureTokeniser
from knowledge.embedding.law_text import LawArticle
from knowledge.embedding.lexicon import GAP, LexiconGroup

Ids = np.ndarray  # int32 feature ids of one text
PHRASES = Path(__file__).parent / "phrases.yml"
DOMAIN_WEIGHT = 8.0
# An article counts as being about a formal term when it holds this share of the term's idf.
_ABOUT = 0.75


@dataclass(frozen=True)
class Paraphrase:
    """A question that was really written for an entry, with the texts that answer it."""

    entry_id: str
    question: str
    answers: tuple[str, ...]


@dataclass
class Material:
    """Feature ids of everything that pairs are made of; ids are rows of the vocabulary."""

    vocabulary: list[str]
    is_word: np.ndarray
    idf: np.ndarray
    headings: list[Ids]
    clauses: list[list[Ids]]
    weights: np.ndarray
    laws: list[np.ndarray]
    colloquial: list[list[Ids]]
    formal: list[list[Ids]]
    about: list[list[tuple[int, int]]]
    articles_of_group: list[np.ndarray]
    openings: list[Ids]
    endings: list[Ids]
    questions: list[Ids] = field(default_factory=list)
    answers: list[list[Ids]] = field(default_factory=list)
    question_entry: list[int] = field(default_factory=list)


class _Counting:
    """Gives features provisional numbers and counts them."""

    def __init__(self, tokeniser: FeatureTokeniser) -> None:
        self._tokeniser = tokeniser
        self.numbers: dict[str, int] = {}
        self.counts: Counter[int] = Counter()
        self.forced: set[int] = set()

    def read(self, text: str, weight: float = 1.0, forced: bool = False) -> Ids:
        numbers = self.numbers
        ids = [numbers.setdefault(feature, len(numbers)) for feature in self._tokeniser.tokenise(text)]
        for number in ids:
            self.counts[number] += weight  # type: ignore[assignment]
        if forced:
            self.forced.update(ids)
        return np.asarray(ids, dtype=np.int32)


def gather(
    articles: Sequence[LawArticle],
    domain: Sequence[bool],
    groups: Sequence[LexiconGroup],
    paraphrases: Sequence[Paraphrase],
    tokeniser: FeatureTokeniser,
    vocabulary_size: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Material:
    """Turn all training texts into feature ids and choose the vocabulary.

    Args:
        domain: for each article, whether it belongs to the hotline's own field; such articles weigh more.
        vocabulary_size: number of features kept; those of the lexicon and the questions are always kept.
        progress: told how many articles are done, of how many.
    """
    counting = _Counting(tokeniser)
    phrases = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
    colloquial = [[counting.read(text.replace(GAP, " "), 1, True) for text in g.colloquial] for g in groups]
    formal = [[counting.read(text, 1, True) for text in group.formal] for group in groups]
    openings = [counting.read(text, 1, True) for text in phrases["openings"]]
    endings = [counting.read(text, 1, True) for text in phrases["endings"]]
    questions = [counting.read(item.question, 1, True) for item in paraphrases]
    answers = [[counting.read(text) for text in item.answers] for item in paraphrases]

    weights = np.where(np.asarray(domain), DOMAIN_WEIGHT, 1.0)
    headings: dict[str, Ids] = {}
    clauses: list[list[Ids]] = []
    for done, article in enumerate(articles):
        if article.heading not in headings:
            headings[article.heading] = counting.read(article.heading)
        clauses.append([counting.read(clause, weights[done]) for clause in article.clauses])
        if done % 1000 == 0:
            progress(done, len(articles))

    kept = _most_frequent(counting, vocabulary_size)
    row = np.full(len(counting.numbers), -1, dtype=np.int32)
    row[kept] = np.arange(len(kept), dtype=np.int32)
    names = list(counting.numbers)
    vocabulary = [names[number] for number in kept]

    def rows(ids: Ids) -> Ids:
        mapped = row[ids]
        return mapped[mapped >= 0]

    def all_rows(texts: list[list[Ids]]) -> list[list[Ids]]:
        return [[rows(ids) for ids in text] for text in texts]

    heading_rows = {heading: rows(ids) for heading, ids in headings.items()}
    clause_rows = all_rows(clauses)
    is_word = np.array([len(feature) > 1 for feature in vocabulary])
    idf = _idf(clause_rows, len(vocabulary))
    article_headings = [heading_rows[article.heading] for article in articles]
    formal_rows = all_rows(formal)
    about, articles_of_group = _match_lexicon(formal_rows, article_headings, clause_rows, is_word, idf)
    entry_numbers = {name: number for number, name in enumerate(dict.fromkeys(p.entry_id for p in paraphrases))}
    return Material(
        vocabulary=vocabulary,
        is_word=is_word,
        idf=idf,
        headings=article_headings,
        clauses=clause_rows,
        weights=weights,
        laws=_by_law(articles),
        colloquial=all_rows(colloquial),
        formal=formal_rows,
        about=about,
        articles_of_group=articles_of_group,
        openings=[rows(ids) for ids in openings],
        endings=[rows(ids) for ids in endings],
        questions=[rows(ids) for ids in questions],
        answers=all_rows(answers),
        question_entry=[entry_numbers[item.entry_id] for item in paraphrases],
    )


def _most_frequent(counting: _Counting, size: int) -> list[int]:
    common = [number for number, _ in counting.counts.most_common() if number not in counting.forced]
    return sorted(counting.forced) + common[: max(0, size - len(counting.forced))]


def _by_law(articles: Sequence[LawArticle]) -> list[np.ndarray]:
    members: dict[str, list[int]] = {}
    for number, article in enumerate(articles):
        members.setdefault(article.law, []).append(number)
    return [np.asarray(numbers) for numbers in members.values()]


def _idf(clauses: list[list[Ids]], size: int) -> np.ndarray:
    frequency = np.zeros(size)
    for article in clauses:
        if article:
            frequency[np.unique(np.concatenate(article))] += 1
    return np.log((len(clauses) + 1) / (frequency + 1)).astype(np.float32)


def _match_lexicon(
    formal: list[list[Ids]], headings: list[Ids], clauses: list[list[Ids]], is_word: np.ndarray, idf: np.ndarray
) -> tuple[list[list[tuple[int, int]]], list[np.ndarray]]:
    """Find, for each formal term, the articles that are about it."""
    postings = _postings({int(i) for terms in formal for ids in terms for i in ids[is_word[ids]]}, headings, clauses)
    about: list[list[tuple[int, int]]] = [[] for _ in clauses]
    articles_of_group: list[np.ndarray] = []
    for group, terms in enumerate(formal):
        found: list[np.ndarray] = []
        for position, ids in enumerate(terms):
            words = np.unique(ids[is_word[ids]])
            share = np.zeros(len(clauses), dtype=np.float32)
            for word in words:
                share[postings[int(word)]] += idf[word]
            needed = _ABOUT if len(words) > 3 else 0.999
            articles = np.flatnonzero(share >= max(needed * float(idf[words].sum()), 1e-6))
            for article in articles:
                about[article].append((group, position))
            found.append(articles)
        articles_of_group.append(np.unique(np.concatenate(found)))
    return about, articles_of_group


def _postings(wanted: set[int], headings: list[Ids], clauses: list[list[Ids]]) -> dict[int, list[int]]:
    postings: dict[int, list[int]] = {feature: [] for feature in wanted}
    for number, (heading, parts) in enumerate(zip(headings, clauses, strict=True)):
        for feature in wanted.intersection(np.concatenate([heading, *parts]).tolist()):
            postings[feature].append(number)
    return postings
