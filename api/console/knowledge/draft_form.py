"""The form in which an entry is written, read as the fields of a draft: nothing lost, nothing smuggled in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form

from knowledge.model import CORPUS, PUBLIC_PAGE

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BULLET = re.compile(r"^\s*(?:[-*•·]|\d{1,2}[.、．)）])\s*")
MOST_CHARS = 60_000

Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]


@dataclass(frozen=True)
class DraftForm:
    """What was typed. `picked` is a source clicked in the search, `dropped` the row of one to leave out."""

    content: dict[str, Any]
    version: int
    find: str = ""
    picked: str = ""
    dropped: str = ""

    @property
    def title(self) -> str:
        return self.content["title"][:200]


def draft_form(
    title: Text = "", category: Text = "", questions: Text = "", answer: Text = "", conditions: Text = "",
    materials: Text = "", steps: Text = "", where: Text = "", time_limit: Text = "", fee: Text = "",
    if_refused: Text = "", region: Text = "", owner: Text = "", reviewed_on: Text = "",
    source_document: Texts = None, source_article: Texts = None, source_url: Texts = None,
    version: Annotated[int, Form()] = 0, find: Text = "", pick: Text = "", leave_out: Text = "",
) -> DraftForm:  # fmt: skip
    """Read the form."""
    texts = {
        "title": title, "category": category, "answer": answer, "where": where, "time_limit": time_limit,
        "fee": fee, "if_refused": if_refused, "region": region, "owner": owner, "reviewed_on": reviewed_on,
    }  # fmt: skip
    lists = {"questions": questions, "conditions": conditions, "materials": materials, "steps": steps}
    content: dict[str, Any] = {name: clean(value) for name, value in texts.items()}
    content |= {name: lines_of(value) for name, value in lists.items()}
    content["sources"] = _sources(source_document or [], source_article or [], source_url or [])
    return DraftForm(content, version, clean(find)[:200], clean(pick), clean(leave_out))


DraftFormDep = Annotated[DraftForm, Depends(draft_form)]


def with_sources_changed(form: DraftForm) -> dict[str, Any]:
    """The fields with what was picked added, and what was dropped gone."""
    sources = list(form.content["sources"])
    if form.dropped.isdigit() and int(form.dropped) < len(sources):
        sources.pop(int(form.dropped))
    document, bar, article = form.picked.rpartition("|")
    row = {"document": document, "article": article, "checked": CORPUS}
    if bar and row not in sources:
        sources.append(row)
    return {**form.content, "sources": sources}


def clean(text: str) -> str:
    """A text without control and direction characters, its line ends as \\n."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def lines_of(text: str) -> list[str]:
    """One item a line; bullets and numbers that were pasted along go."""
    lines = (_BULLET.sub("", line).strip() for line in clean(text).split("\n"))
    return [line for line in lines if line]


def _sources(documents: Sequence[str], articles: Sequence[str], urls: Sequence[str]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for number, name in enumerate(documents):
        document = clean(name).strip("《》")
        article = clean(articles[number]) if number < len(articles) else ""
        url = clean(urls[number]) if number < len(urls) else ""
        if document or article or url:
            read = {"checked": PUBLIC_PAGE, "url": url} if url else {"checked": CORPUS}
            rows.append({"document": document, "article": article, **read})
    return rows
