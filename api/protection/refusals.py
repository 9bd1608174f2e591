"""What somebody hears who is refused: one kind sentence, as a page for browsers, else problem details."""

import math

from fastapi import Request
from fastapi.responses import Response
from starlette.types import Scope

from api.problems import problem
from api.routes.rendering import page
from api.texts import texts


class Refused(Exception):
    """A route refuses: `code` of texts/errors.zh.yml, and the seconds after which to try again."""

    def __init__(self, status: int, code: str, wait: float = 0.0) -> None:
        super().__init__(f"{code}: try again in {wait:.0f} s")
        self.status = status
        self.code = code
        self.wait = wait


def refuse(scope: Scope, status: int, code: str, wait: float = 0.0, *, close: bool = False) -> Response:
    """Build the refusal under `code` of texts/errors.zh.yml.

    Args:
        wait: seconds after which trying again makes sense; sent as `Retry-After` when it is positive.
        close: whether the connection ends with it, because the rest of the request is not wanted.
    """
    seconds = max(1, math.ceil(wait))
    told = texts("errors")[code].format(seconds=seconds, minutes=math.ceil(seconds / 60))
    headers = {"Cache-Control": "no-store"}
    if wait:
        headers["Retry-After"] = str(seconds)
    if close:
        headers["Connection"] = "close"
    if _shows_pages(scope):
        refusal = page("plain_refused.html", status=status, say=texts("plain"), told=told)
        refusal.headers.update(headers)
        return refusal
    return problem(status, code, told, headers, citizen_message=told)


def answer_refused(request: Request, error: Exception) -> Response:
    """Turn a `Refused` into its answer."""
    assert isinstance(error, Refused)
    return refuse(request.scope, error.status, error.code, error.wait)


def answer_half_characters(request: Request, _error: Exception) -> Response:
    """Refuse text that is none: halves of characters can be sent in JSON and written nowhere."""
    return refuse(request.scope, 422, "invalid_request")


def _shows_pages(scope: Scope) -> bool:
    accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return b"text/html" in accepted
