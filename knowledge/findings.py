"""One finding: its kind, what it is about, and the sentence that a knowledge editor reads."""

from __future__ import annotations

from knowledge.model import Finding
from knowledge.texts import say


def finding(kind: str, subject: str, **values: object) -> Finding:
    """Fill the sentence of texts/reports.zh.yml for that kind."""
    return Finding(kind, subject, say("reports", f"findings.{kind}", **values))


def cause(kind: str, **values: object) -> str:
    """Say why a text is not the law, as a part of a sentence."""
    return say("reports", f"causes.{kind}", **values)
