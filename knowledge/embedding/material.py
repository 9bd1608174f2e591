"""Training material in the form that pairs are drawn from: articles, lexicon and questions as feature ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from knowledge.embedding.features import FeatureTokeniser
from knowledge.embedding.law_text import LawArticle
from knowledge.embedding.lexicon import GAP, LexiconGroup

Ids = np.ndarray  # int32 feature ids of one text
Matches = list[list[tuple[int, int]]]  # per article: (group, position of the formal term in it)
PHRASES = Path(__file__).parent / "phrases.yml"
DOMAIN_WEIGHT = 8.0
# A long term is seldom in an article word for word: this share of its idf is enough.
_ABOUT = 0.75
_SHORT_TERM = 3  # words; such a term must be there in full


@dataclass(frozen=True)
class Paraphrase:
    """A question that was really written for an entry or an article, with the texts that answer it.

    Questions of one `entry_id` are never each other's negatives; `article` is the position, among the
    articles learnt from, of the one it was written for.
    """

    entry_id: str
    question: str
    answers: tuple[str, ...]
    article: int | None = None


@dataclass
class Texts:
    """Every text of the training as feature ids, in the order of what it was read from."""

    headings: list[Ids]
    clauses: list[list[Ids]]
    colloquial: list[list[Ids]]
    formal: list[list[Ids]]
    openings: list[Ids]
    endings: list[Ids]
    questions: list[Ids]
    answers: list[list[Ids]]


@dataclass
class Material:
    """Texts with ids that are rows of the vocabulary, and what is known about them.

    Attributes:
        weights: one per article; how much more often than others it is drawn.
        laws: for each law, the numbers of its articles.
        about: for each article, the lexicon's terms that it is about.
        articles_of_group: for each lexicon group, the articles about one of its terms.
        question_keys: for each question the position of its article, or a number that the questions of its
            entry share.
        questions_of_article: the questions written for an article, where there are any.
    """

    vocabulary: list[str]
    texts: Texts
    is_word: np.ndarray
    idf: np.ndarray
    weights: np.ndarray
    laws: list[np.ndarray]
    about: Matches
    articles_of_group: list[np.ndarray]
    question_keys: list[int]
    questions_of_article: dict[int, list[int]]


class _Counter:
    """Gives features provisional numbers and counts them."""

    def __init__(self, tokeniser: FeatureTokeniser) -> None:
        self._tokeniser = tokeniser
        self._numbers: dict[str, int] = {}
        self._counts: list[float] = []
        self._forced: set[int] = set()

    def read(self, text: str, weight: float = 1.0) -> Ids:
        """Return the provisional numbers of a text's features."""
        ids = [self._numbers.setdefault(f, len(self._numbers)) for f in self._tokeniser.tokenise(text)]
        self._counts.extend([0.0] * (len(self._numbers) - len(self._counts)))
        for number in ids:
            self._counts[number] += weight
        return np.asarray(ids, dtype=np.int32)

    def keep(self, text: str) -> Ids:
        """Read a text whose features all belong into the vocabulary."""
        ids = self.read(text)
        self._forced.update(ids.tolist())
        return ids

    def vocabulary(self, size: int) -> tuple[list[str], np.ndarray]:
        """Return the features kept, and for each provisional number its row among them or -1."""
        order = sorted(range(len(self._counts)), key=lambda number: -self._counts[number])
        common = [number for number in order if number not in self._forced]
        kept = sorted(self._forced) + common[: max(0, size - len(self._forced))]
        row = np.full(len(self._counts), -1, dtype=np.int32)
        row[kept] = np.arange(len(kept), dtype=np.int32)
        names = list(self._numbers)
        return [names[number] for number in kept], row


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
    counter = _Counter(tokeniser)
    weights = np.where(np.asarray(domain), DOMAIN_WEIGHT, 1.0)
    read = _read(articles, weights, groups, paraphrases, counter, progress)
    vocabulary, row = counter.vocabulary(vocabulary_size)
    texts = Texts(**{name: _renumbered(part, row) for name, part in vars(read).items()})
    is_word = np.array([len(feature) > 1 for feature in vocabulary])
    idf = _idf(texts.clauses, len(vocabulary))
    about, articles_of_group = _match_lexicon(texts, is_word, idf)
    entries: dict[str, int] = {}
    keys: list[int] = []
    of_article: dict[int, list[int]] = {}
    for number, item in enumerate(paraphrases):
        if item.article is None:
            keys.append(len(articles) + entries.setdefault(item.entry_id, len(entries)))
        else:
            keys.append(item.article)
            of_article.setdefault(item.article, []).append(number)
    return Material(
        vocabulary=vocabulary,
        texts=texts,
        is_word=is_word,
        idf=idf,
        weights=weights,
        laws=_by_law(articles),
        about=about,
        articles_of_group=articles_of_group,
        question_keys=keys,
        questions_of_article=of_article,
    )


def _read(
    articles: Sequence[LawArticle],
    weights: np.ndarray,
    groups: Sequence[LexiconGroup],
    paraphrases: Sequence[Paraphrase],
    counter: _Counter,
    progress: Callable[[int, int], None],
) -> Texts:
    phrases = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
    headings: dict[str, Ids] = {}
    clauses: list[list[Ids]] = []
    for done, (article, weight) in enumerate(zip(articles, weights, strict=True), start=1):
        if article.heading not in headings:
            headings[article.heading] = counter.read(article.heading)
        clauses.append([counter.read(clause, weight) for clause in article.clauses])
        progress(done, len(articles))
    return Texts(
        headings=[headings[article.heading] for article in articles],
        clauses=clauses,
        colloquial=[[counter.keep(said.replace(GAP, " ")) for said in group.colloquial] for group in groups],
        formal=[[counter.keep(term) for term in group.formal] for group in groups],
        openings=[counter.keep(phrase) for phrase in phrases["openings"]],
        endings=[counter.keep(phrase) for phrase in phrases["endings"]],
        questions=[counter.keep(item.question) for item in paraphrases],
        answers=[[counter.read(text) for text in item.answers] for item in paraphrases],
    )


def _renumbered(part: Any, row: np.ndarray) -> Any:
    if isinstance(part, list):
        return [_renumbered(inner, row) for inner in part]
    rows = row[part]
    return rows[rows >= 0]


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


def _match_lexicon(texts: Texts, is_word: np.ndarray, idf: np.ndarray) -> tuple[Matches, list[np.ndarray]]:
    """Find, for each formal term, the articles that hold it, or nearly all of it if it is long."""
    terms = [[np.unique(ids[is_word[ids]]) for ids in group] for group in texts.formal]
    postings = _postings({int(word) for group in terms for words in group for word in words}, texts)
    about: Matches = [[] for _ in texts.clauses]
    articles_of_group: list[np.ndarray] = []
    for group, group_terms in enumerate(terms):
        members: set[int] = set()
        for position, words in enumerate(group_terms):
            for article in _holding(words, postings, idf, len(about)):
                about[article].append((group, position))
                members.add(int(article))
        articles_of_group.append(np.asarray(sorted(members), dtype=np.int64))
    return about, articles_of_group


def _holding(words: Ids, postings: dict[int, list[int]], idf: np.ndarray, articles: int) -> np.ndarray:
    # Compounds of our own that no law uses say nothing; their parts do.
    words = np.array([word for word in words if postings[int(word)]], dtype=np.int64)
    held = np.zeros(articles, dtype=np.float32)
    for word in words:
        held[postings[int(word)]] += idf[word]
    share = _ABOUT if len(words) > _SHORT_TERM else 0.999
    return np.flatnonzero(held >= max(share * float(idf[words].sum()), 1e-6))


def _postings(wanted: set[int], texts: Texts) -> dict[int, list[int]]:
    postings: dict[int, list[int]] = {feature: [] for feature in wanted}
    for number, (heading, parts) in enumerate(zip(texts.headings, texts.clauses, strict=True)):
        for feature in wanted.intersection(np.concatenate([heading, *parts]).tolist()):
            postings[feature].append(number)
    return postings
