"""Real questions for training: ways of asking an entry, and questions about an article, with what answers."""

from collections.abc import Iterable, Iterator, Sequence

from knowledge.asked import AskedQuestions
from knowledge.embedding.law_text import LawArticle
from knowledge.embedding.material import Paraphrase
from knowledge.model import HotlineEntry
from knowledge.titles import title_key

_Texts = dict[tuple[str, str], str]


def paraphrases(
    entries: Iterable[HotlineEntry], asked: Iterable[AskedQuestions], articles: Sequence[LawArticle]
) -> list[Paraphrase]:
    """Pair every question of every entry with the entry's answer and the articles that it cites, and every
    question about an article with that article.

    Args:
        articles: law texts; of several versions of an article the last one counts, cited ones may be missing.
    """
    texts = {(title_key(a.law), a.number): f"{a.heading} {a.text}" for a in articles}
    numbers = {(title_key(a.law), a.number): position for position, a in enumerate(articles)}
    found = [
        Paraphrase(entry.id, question, _answers(entry, texts))
        for entry in entries
        for question in entry.questions
    ]
    return found + list(_about_articles(asked, texts, numbers))


def _about_articles(
    asked: Iterable[AskedQuestions], texts: _Texts, numbers: dict[tuple[str, str], int]
) -> Iterator[Paraphrase]:
    for one in asked:
        for article, questions in one.articles.items():
            place = title_key(one.document), article
            if place in texts:
                for question in questions:
                    yield Paraphrase("#".join(place), question, (texts[place],), numbers[place])


def _answers(entry: HotlineEntry, texts: _Texts) -> tuple[str, ...]:
    cited = [texts.get((title_key(source.document), source.article)) for source in entry.sources]
    return (f"{entry.title} {entry.answer}", *(text for text in cited if text))
