"""Real questions for training: each way of asking of a hotline entry, with the texts that answer it."""

from collections.abc import Iterable, Sequence

from knowledge.embedding.law_text import LawArticle
from knowledge.embedding.material import Paraphrase
from knowledge.model import HotlineEntry


def paraphrases(entries: Iterable[HotlineEntry], articles: Sequence[LawArticle]) -> list[Paraphrase]:
    """Pair every question of every entry with the entry's answer and the articles that it cites.

    Args:
        articles: law texts; of several versions of an article the last one counts, cited ones may be missing.
    """
    texts = {(article.law, article.number): f"{article.heading} {article.text}" for article in articles}
    return [
        Paraphrase(entry.id, question, _answers(entry, texts))
        for entry in entries
        for question in entry.questions
    ]


def _answers(entry: HotlineEntry, texts: dict[tuple[str, str], str]) -> tuple[str, ...]:
    cited = [texts.get((source.document, source.article)) for source in entry.sources]
    return (f"{entry.title} {entry.answer}", *(text for text in cited if text))
