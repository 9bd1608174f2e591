"""How well the small model finds the right article: alone, beside BM25, and fused with it.

    python benchmarks/embedding_quality.py LAWS QUESTIONS.jsonl [--model DIR]

LAWS is a folder of Markdown laws; a question has `question` and `gold`, a list of `doc` (path below LAWS) and
`article`. Nothing is filtered by place or validity here and no prior is applied, so that the figures speak
of the model and not of the service: recall in the service is higher.
"""

import argparse
import json
from pathlib import Path

import bm25s
import numpy as np

from knowledge.embedding.features import SHIPPED_MODEL, FeatureTokeniser, read_words
from knowledge.embedding.law_text import read_law
from knowledge.embedding.lexicon import formal_terms
from knowledge.embedding.packing import load_packed

BM25_SHARE = 0.4
TERMS_WEIGHT = 0.3
CUTOFFS = (1, 5, 10)


class Bench:
    """Scores of every article of a folder of laws for one question."""

    def __init__(self, laws: Path, model: Path) -> None:
        self.keys: list[tuple[str, str]] = []
        texts: list[str] = []
        for path in sorted(laws.rglob("*.md")):
            for article in read_law(path):
                self.keys.append((path.relative_to(laws).as_posix(), article.number))
                texts.append(f"{article.heading} {article.text}")
        self._tokeniser = FeatureTokeniser(read_words(model))
        self._model = load_packed(model, self._tokeniser)
        self._vectors = self._model.encode(texts, normalize_embeddings=True, batch_size=512)
        self._bm25 = bm25s.BM25()
        self._bm25.index([self._tokeniser.tokenise(text) for text in texts], show_progress=False)

    def scores(self, question: str) -> dict[str, np.ndarray]:
        """Return system -> scores of shape (articles,)."""
        terms = " ".join(formal_terms(question))
        words, dense = self._words(question), self._dense(question)
        wide_words, wide_dense = words, dense
        if terms:
            wide_words = words + TERMS_WEIGHT * self._words(terms)
            wide_dense = dense + TERMS_WEIGHT * self._dense(terms)
        return {
            "dense": dense,
            "dense + lexicon": wide_dense,
            "bm25": words,
            "bm25 + lexicon": wide_words,
            "fused": _fuse(words, dense),
            "fused + lexicon": _fuse(wide_words, wide_dense),
        }

    def _words(self, text: str) -> np.ndarray:
        known = [feature for feature in self._tokeniser.tokenise(text) if feature in self._bm25.vocab_dict]
        return self._bm25.get_scores(known) if known else np.zeros(len(self.keys), dtype=np.float32)

    def _dense(self, text: str) -> np.ndarray:
        return self._vectors @ self._model.encode([text], normalize_embeddings=True)[0]


def _fuse(words: np.ndarray, dense: np.ndarray) -> np.ndarray:
    return BM25_SHARE * words / max(words.max(), 1e-6) + (1 - BM25_SHARE) * dense / max(dense.max(), 1e-6)


def rank_of_first(scores: np.ndarray, gold: list[int]) -> int:
    """Return the rank (1 = best) of the best-placed right article."""
    return int((scores > scores[gold].max()).sum()) + 1 if gold else len(scores)


def measure(bench: Bench, questions: list[dict]) -> dict[str, dict[str, float]]:
    """Return system -> recall at 1, 5, 10 and mean reciprocal rank over the questions."""
    number = {key: position for position, key in enumerate(bench.keys)}
    ranks: dict[str, list[int]] = {}
    for question in questions:
        gold = [number[key] for item in question["gold"] if (key := (item["doc"], item["article"])) in number]
        for system, scores in bench.scores(question["question"]).items():
            ranks.setdefault(system, []).append(rank_of_first(scores, gold))
    return {system: _figures(np.array(found)) for system, found in ranks.items()}


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
    questions = [
        json.loads(line) for line in options.questions.read_text(encoding="utf-8").splitlines() if line
    ]
    print(f"{len(questions)} questions")
    for system, figures in measure(Bench(options.laws, options.model), questions).items():
        print(f"{system:16}", *(f"{name} {value:.3f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
