"""What is indexed: one row per article, and several rows per hotline entry."""

from __future__ import annotations

from knowledge.model import HotlineEntry, PolicyArticle, PolicyDocument
from knowledge.normalisation import searchable

MAX_CHARS = 2_000  # a list of place names in an annex would drown the article it hangs on


def article_text(document: PolicyDocument, article: PolicyArticle) -> str:
    """Title, headings and words of an article: headings name the topic that articles take for granted."""
    title = document.title.removeprefix("中华人民共和国")
    return searchable(f"{title} {' '.join(article.path)} {article.text[:MAX_CHARS]}")


def entry_texts(entry: HotlineEntry) -> list[str]:
    """One text per way of asking, and one with the answer; the best one counts."""
    asked = [f"{entry.title} {question}" for question in entry.questions]
    body = " ".join((entry.title, entry.answer, *entry.conditions))
    return [searchable(text) for text in (*asked, body)]
