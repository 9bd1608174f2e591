"""Answers and hits as JSON, the same on the command line and over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from knowledge.model import Answer, Citation, PolicyDocument, RetrievalHit
from knowledge.texts import say


def citation_to_json(citation: Citation) -> dict[str, Any]:
    """All fields; dates as ISO text."""
    return {key: _spelled(value) for key, value in vars(citation).items()}


def hit_to_json(hit: RetrievalHit) -> dict[str, Any]:
    """A citation with its score; a hotline entry also has its cited articles as `sources`."""
    data = {"chunk_id": hit.chunk_id, "score": round(hit.score, 4), **citation_to_json(hit.citation)}
    if hit.entry_id:
        data |= {"entry_id": hit.entry_id, "sources": [citation_to_json(source) for source in hit.sources]}
    return data


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """`{outcome, answer, first, choices, citations, hits, confidence, entry_id}`."""
    return {
        "outcome": answer.outcome,
        "answer": answer.text,
        "first": answer.first,
        "choices": list(answer.choices),
        "citations": [citation_to_json(citation) for citation in answer.citations],
        "hits": [hit_to_json(hit) for hit in answer.hits],
        "confidence": answer.confidence,
        "entry_id": answer.entry_id,
    }


def document_to_json(document: PolicyDocument) -> dict[str, Any]:
    """All fields; dates as ISO text."""
    return {key: _spelled(value) for key, value in asdict(document).items()}


def _spelled(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def reply_to_json(answer: Answer) -> dict[str, Any]:
    """An answer as a chat shows it: its short form, with buttons for the rest or for what was perhaps meant.

    A Rasa action sends it inside, since Rasa's REST channel cuts a plain text in two at every blank line.
    """
    # A choice is sent as a question: a topic that is only named would be asked back again.
    buttons = [{"title": choice, "payload": choice.rstrip("？") + "？"} for choice in answer.choices]
    if answer.first != answer.text and not answer.choices:
        buttons.append(
            {"title": say("answers", "details.title"), "payload": say("answers", "details.payload")}
        )
    return {
        "text": answer.first,
        "outcome": str(answer.outcome),
        "citations": [citation_to_json(citation) for citation in answer.citations],
        "buttons": buttons,
    }
