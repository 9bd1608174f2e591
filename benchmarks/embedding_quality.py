"""How well the small model finds the right article: alone, beside BM25, and fused with it.

    python benchmarks/embedding_quality.py LAWS QUESTIONS [--model DIR]

LAWS is a folder of Markdown laws. QUESTIONS is a .jsonl file whose lines have `question` and `gold`, a list
of `doc` (path below LAWS) and `article`; or a folder of hotline entries, whose questions ask for the articles
that the entry cites (of several versions of a law, the one that comes last by name). A model trained on the
same entries knows those questions: train on one half of them (`--entries`) to measure on the other.

Nothing is filtered by place or validity here and no prior is applied, so that the figures speak of the model
and not of the service, whose recall is higher.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np

from knowledge.embedding.features import SHIPPED_MODEL, FeatureTokeniser, read_words
from knowledge.embedding.law_text import read_law
from knowledge.embedding.lexicon import formal_terms
from knowledge.embedding.packing import load_packed
from knowledge.entries import load_entries

DENSE_SHARE = 0.6
TERMS_WEIGHT = 0.15
CUTOFFS = (1, 5, 10)


@dataclass(frozen=True)
class Question:
    """A question and the places, among all articles, of those that answer it."""

    text: str
    gold: list[int]


class Bench:
    """Scores of every article of a folder of laws for one question."""

    def __init__(self, laws: Path, model: Path) -> None:
        self.by_path: dict[tuple[str, str], int] = {}
        self.by_title: dict[tuple[str, str], int] = {}
        texts: list[str] = []
        for path in sorted(laws.rglob("*.md")):
            for article in read_law(path):
                self.by_path[path.relative_to(laws).as_posix(), article.number] = len(texts)
                self.by_title[article.law, article.number] = len(texts)
                texts.append(f"{article.heading} {article.text}")
        self._tokeniser = FeatureTokeniser(read_words(model))
        self._model = load_packed(model, self._tokeniser)
        self._vectors = self._model.encode(texts, normalize_embeddings=True, batch_size=512)
        self._bm25 = bm25s.BM25()
        self._bm25.index([self._tokeniser.tokenise(text) for text in texts], show_progress=False)

    def scores(self, question: str) -> dict[str, np.ndarray]:
        """Return system -> scores of shape (articles,)."""
        asked = self._tokeniser.tokenise(question)
        # Each feature once: a group's terms repeat their characters.
        terms = list(dict.fromkeys(self._tokeniser.tokenise(" ".join(formal_terms(question)))))
        words, dense = self._words(asked), self._dense(question)
        wide_words = words + TERMS_WEIGHT * self._words(terms)
        wide_dense = dense + TERMS_WEIGHT * self._dense(" ".join(terms))
        return {
            "dense": dense,
            "dense + lexicon": wide_dense,
            "bm25": words,
            "bm25 + lexicon": wide_words,
            "fused": _fuse(words, dense),
            "fused + lexicon": _fuse(wide_words, wide_dense),
        }

    def _words(self, features: list[str]) -> np.ndarray:
        known = [feature for feature in features if feature in self._bm25.vocab_dict]
        return self._bm25.get_scores(known) if known else np.zeros(len(self._vectors), dtype=np.float32)

    def _dense(self, text: str) -> np.ndarray:
        return self._vectors @ self._model.encode([text], normalize_embeddings=True)[0]


def _fuse(words: np.ndarray, dense: np.ndarray) -> np.ndarray:
    return (1 - DENSE_SHARE) * words / max(words.max(), 1e-6) + DENSE_SHARE * dense / max(dense.max(), 1e-6)


def questions_of_file(path: Path, bench: Bench) -> list[Question]:
    """Return the questions of a .jsonl file."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        _question(
            line["question"], [bench.by_path.get((gold["doc"], gold["article"])) for gold in line["gold"]]
        )
        for line in lines
    ]


def questions_of_entries(folder: Path, bench: Bench) -> list[Question]:
    """Return every way of asking of every entry."""
    return [
        _question(asked, [bench.by_title.get((source.document, source.article)) for source in entry.sources])
        for entry in load_entries(folder)
        for asked in entry.questions
    ]


def _question(text: str, places: list[int | None]) -> Question:
    return Question(text, [place for place in places if place is not None])


def measure(bench: Bench, questions: list[Question]) -> dict[str, dict[str, float]]:
    """Return system -> recall at 1, 5, 10 and mean reciprocal rank over the questions."""
    ranks: dict[str, list[int]] = {}
    for question in questions:
        for system, scores in bench.scores(question.text).items():
            ranks.setdefault(system, []).append(_rank_of_first(scores, question.gold))
    return {system: _figures(np.array(found)) for system, found in ranks.items()}


def _rank_of_first(scores: np.ndarray, gold: list[int]) -> int:
    return int((scores > scores[gold].max()).sum()) + 1 if gold else len(scores)


def _figures(ranks: np.ndarray) -> dict[str, float]:
    recall = {f"R@{k}": float((ranks <= k).mean()) for k in CUTOFFS}
    return {**recall, "MRR": float((1 / ranks).mean())}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("laws", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--model", type=Path, default=SHIPPED_MODEL)
    options = parser.parse_args()
    bench = Bench(options.laws, options.model)
    read = questions_of_entries if options.questions.is_dir() else questions_of_file
    questions = read(options.questions, bench)
    print(f"{len(questions)} questions")
    for system, figures in measure(bench, questions).items():
        print(f"{system:16}", *(f"{name} {value:.3f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
