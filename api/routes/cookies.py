"""Cookies of our own: over https they are bound to this host and never travel in the clear.

Over https a name begins with `__Host-` (RFC 6265bis, 4.1.3.2): browsers take such a cookie only with Secure,
for this very host and the path /, so that no neighbour in the domain can plant one. On an intranet without
TLS browsers refuse the prefix; there the same cookie bears its bare name. A bare name is never believed over
https, else an attacker on the line could plant it.
"""

from typing import Literal

from fastapi import Request
from fastapi.responses import Response

PREFIX = "__Host-"


def read_cookie(request: Request, name: str) -> str:
    """Give what the browser sent under this name; empty when it sent nothing."""
    return request.cookies.get(_full(request, name), "")


def put_cookie(
    answer: Response,
    request: Request,
    name: str,
    value: str,
    *,
    same_site: Literal["strict", "lax"] = "strict",
    seconds: int | None = None,
) -> None:
    """Let the browser keep it: until it is closed, or for `seconds`. No script can read it."""
    answer.set_cookie(
        _full(request, name),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite=same_site,
        secure=_is_secure(request),
    )


def drop_cookie(answer: Response, request: Request, name: str) -> None:
    """Let the browser forget it."""
    answer.delete_cookie(_full(request, name), path="/", httponly=True, secure=_is_secure(request))


def _full(request: Request, name: str) -> str:
    return PREFIX + name if _is_secure(request) else name


def _is_secure(request: Request) -> bool:
    """Whether the browser came over https; behind a trusted proxy, whether it reached the proxy so."""
    return request.url.scheme == "https"
