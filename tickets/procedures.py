"""Time limits of official procedures (办理时限): what the law gives an authority, with its article."""

from dataclasses import dataclass
from typing import Any

from tickets.periods import MEASURES, Limit, read_limit

CHECKED = ("corpus", "public_page", "unchecked")

_TEXTS = ("name", "title", "counted_from", "document", "article", "words", "checked")
_KEYS = {*_TEXTS, *MEASURES, "longest", "region", "url"}


@dataclass(frozen=True)
class Procedure:
    """How long a procedure may take by law; it promises nothing about a single case.

    `counted_from` says what starts the time; `longest` is the limit with every extension that the rule
    allows. `words` are quoted from the article. `checked` says against what: "corpus" the text that ships
    with the project, "public_page" the page at `url`, "unchecked" nothing yet.
    """

    name: str
    title: str
    counted_from: str
    limit: Limit
    longest: Limit | None
    document: str
    article: str
    words: str
    checked: str
    url: str | None = None
    region: str = ""


def read_procedure(row: dict[str, Any], region: str) -> Procedure:
    """Read one row of the table of procedures.

    Raises:
        ValueError: a field is missing or unknown, a measure is not clear, or `checked` is none of the three.
    """
    unknown = set(row) - _KEYS
    missing = [name for name in _TEXTS if not row.get(name)]
    if unknown or missing:
        raise ValueError(f"unknown field {sorted(unknown)}, missing field {missing}")
    if row["checked"] not in CHECKED:
        raise ValueError(f"checked must be one of {', '.join(CHECKED)}")
    if row["checked"] == "public_page" and not row.get("url"):
        raise ValueError("a public page needs its url")
    source = row["document"] + row["article"]
    return Procedure(
        **{name: row[name] for name in _TEXTS},
        limit=read_limit(row, source),
        longest=read_limit(row["longest"], source) if "longest" in row else None,
        url=row.get("url"),
        region=region,
    )
