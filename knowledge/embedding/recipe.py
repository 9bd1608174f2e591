"""The whole way from folders of texts to a packed model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.asked import load_asked
from knowledge.embedding.features import FeatureTokeniser
from knowledge.embedding.law_text import LawArticle, read_laws
from knowledge.embedding.lexicon import LexiconGroup, read_lexicon
from knowledge.embedding.material import Material, Paraphrase, gather
from knowledge.embedding.packing import pack
from knowledge.embedding.questions import paraphrases
from knowledge.embedding.training import TrainingPlan, train
from knowledge.entries import load_entries

VOCABULARY_SIZE = 20_000
_LONGEST_WORD = 6
_LONGEST_TITLE = 20


@dataclass(frozen=True)
class Sources:
    """Where the training texts lie: `domain` holds the laws of the hotline's own field, which weigh more."""

    laws: Path
    domain: Path
    entries: Path
    asked: Path


@dataclass(frozen=True)
class Trained:
    """What a training run read and made."""

    articles: int
    domain_articles: int
    groups: int
    expressions: int
    questions: int
    features: int
    last_loss: float


def train_and_pack(
    sources: Sources,
    out: Path,
    plan: TrainingPlan,
    progress: Callable[[str, int, int], None] = lambda phase, done, total: None,
) -> Trained:
    """Train a model on the texts, the shipped lexicon and the entries' questions, and pack it into a folder.

    Args:
        progress: told the phase ("read" or "train"), how much of it is done, and of how much.
    Raises:
        ValueError: the law folders hold no articles.
    """
    domain = read_laws(sources.domain)
    known = {article.text for article in domain}
    wide = [article for article in read_laws(sources.laws) if article.text not in known]
    articles = domain + wide
    if not articles:
        raise ValueError(f"no numbered articles in *.md below {sources.laws} or {sources.domain}")
    groups = read_lexicon()
    words = domain_words(groups, domain)
    asked = paraphrases(load_entries(sources.entries), load_asked(sources.asked), domain)
    material = _gather(articles, len(domain), groups, asked, words, progress)
    losses: list[float] = []

    def trained(step: int, steps: int, loss: float) -> None:
        losses.append(loss)
        progress("train", step, steps)

    weights = train(material, plan, trained)
    pack(out, material.vocabulary, weights, words)
    return Trained(
        articles=len(articles),
        domain_articles=len(domain),
        groups=len(groups),
        expressions=sum(len(group.colloquial) for group in groups),
        questions=len(asked),
        features=len(material.vocabulary),
        last_loss=sum(losses[-50:]) / max(1, len(losses[-50:])),
    )


def _gather(
    articles: list[LawArticle],
    domain: int,
    groups: Sequence[LexiconGroup],
    asked: Sequence[Paraphrase],
    words: Sequence[str],
    progress: Callable[[str, int, int], None],
) -> Material:
    in_domain = [number < domain for number in range(len(articles))]
    tokeniser = FeatureTokeniser(words)
    return gather(
        articles,
        in_domain,
        groups,
        asked,
        tokeniser,
        VOCABULARY_SIZE,
        lambda done, n: progress("read", done, n),
    )


def domain_words(groups: Sequence[LexiconGroup], articles: Sequence[LawArticle]) -> list[str]:
    """Return the words to add to jieba: short expressions of the lexicon, and titles of laws."""
    expressions = {word for group in groups for word in (*group.formal, *group.colloquial)}
    short = {word for word in expressions if 2 <= len(word) <= _LONGEST_WORD and word.isalnum()}
    return sorted(short | {article.law for article in articles if len(article.law) <= _LONGEST_TITLE})
