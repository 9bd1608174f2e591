"""The two formats of GeoReport v2: JSON, and the XML that it maps to (Spark convention), both UTF-8."""

import json
import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal

import lxml.etree as etree
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from api.accounts.model import MissingScope
from api.open311.schemas import ErrorOut
from tickets.errors import NotFound, TicketError, Unavailable

Format = Literal["json", "xml"]

MEDIA_TYPES = {"xml": "text/xml", "json": "application/json"}
"""As the specification names them."""

# The name of one member of each list.
_MEMBER = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "notes": "note",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
# What XML 1.0 (section 2.2) cannot hold.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def rendered(format: str, root: str, content: BaseModel | Sequence[BaseModel], status: int = 200) -> Response:
    """Write an answer; `root` names the outermost element, which JSON does not show.

    Personal data, though masked, is not to be kept by caches.
    """
    value = (
        content.model_dump(mode="json", exclude_unset=True)
        if isinstance(content, BaseModel)
        else [each.model_dump(mode="json", exclude_unset=True) for each in content]
    )
    body = _xml(root, value) if format == "xml" else json.dumps(value, ensure_ascii=False).encode()
    kind = MEDIA_TYPES.get(format, MEDIA_TYPES["json"])
    return Response(body, status, {"Cache-Control": "no-store"}, media_type=f"{kind}; charset=utf-8")


def refusal(format: str, status: int, *descriptions: str) -> Response:
    """Write errors in the shape of the specification."""
    errors = [ErrorOut(code=status, description=description) for description in descriptions]
    return rendered(format, "errors", errors, status)


class Open311Route(APIRoute):
    """A route whose errors are those of GeoReport v2, in the format that was asked for.

    403 for a missing or wrong api_key, 404 for what does not exist, else 400; 503, which the specification
    does not have, when the same request may succeed in a moment.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            format = str(request.path_params.get("format", "json"))
            try:
                return await handle(request)
            except RequestValidationError as error:
                if any(each["loc"] == ("path", "format") for each in error.errors()):
                    return refusal("json", 404, f"there are two formats: {', '.join(MEDIA_TYPES)}")
                return refusal(format, 400, *(_said(each) for each in error.errors()))
            except HTTPException as error:
                return refusal(format, error.status_code, str(error.detail))
            except MissingScope as error:
                return refusal(format, 403, str(error))
            except DataError:
                return refusal(format, 400, "a text holds a NUL character: leave it out")
            except TicketError as error:
                return refusal(format, _status(error), str(error))

        return answer


def _status(error: TicketError) -> int:
    if isinstance(error, NotFound):
        return 404
    return 503 if isinstance(error, Unavailable) else 400


def _said(error: Any) -> str:
    # `input` would repeat what the citizen sent.
    return f"{'.'.join(map(str, error['loc'][1:]))}: {error['msg']}"


def _xml(root: str, value: Any) -> bytes:
    return etree.tostring(_element(root, value), xml_declaration=True, encoding="utf-8")


def _element(name: str, value: Any) -> etree._Element:
    element = etree.Element(name)
    if isinstance(value, dict):
        element.extend(_element(key, member) for key, member in value.items())
    elif isinstance(value, list):
        element.extend(_element(_MEMBER[name], member) for member in value)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _NO_XML.sub("", str(value))
    return element
