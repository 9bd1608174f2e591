"""`hotline ask`: the whole answer as a citizen would get it."""

from __future__ import annotations

import typer

from api.commands import knowledge_base as shared
from api.commands.knowledge_base import AsJson, AsOf, Region, fail, print_json
from knowledge.errors import KnowledgeError
from knowledge.wire import answer_to_json


def ask(question: str, region: Region = None, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Answer a policy question with its sources."""
    try:
        answer = shared.open_base().answer(question, region=region, as_of=as_of.date() if as_of else None)
    except KnowledgeError as error:
        raise fail(error) from error
    if as_json:
        print_json(answer_to_json(answer))
    else:
        typer.echo(answer.text)
