"""Who is calling: the service behind the app, the citizen's token, and the agent's key or session."""

from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request

from api.accounts.model import Caller
from api.service import Service

SESSION_COOKIE = "hotline_session"


def get_service(request: Request) -> Service:
    return request.app.state.service


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


def citizen_token(
    request: Request,
    token: Annotated[str | None, Query(description="For EventSource, which cannot send headers.")] = None,
) -> str:
    """The conversation's token from `Authorization: Bearer`, or from the query.

    Raises:
        HTTPException: 401 when there is none.
    """
    found = _bearer(request) or token
    if not found:
        raise HTTPException(401, "send the conversation's token as Authorization: Bearer …")
    return found


def get_caller(request: Request, service: Annotated[Service, Depends(get_service)]) -> Caller:
    """The agent or system behind an API key (`Authorization: Bearer` or `X-API-Key`) or a console session.

    Raises:
        HTTPException: 401 when none of them is valid.
    """
    key = request.headers.get("x-api-key") or _bearer(request)
    caller = service.accounts.key(key) if key else None
    session = request.cookies.get(SESSION_COOKIE)
    if caller is None and session:
        caller = service.accounts.session(session)
    if caller is None:
        raise HTTPException(401, "send an agent's key: hotline keys add NAME --role agent")
    return caller


ServiceDep = Annotated[Service, Depends(get_service)]
TokenDep = Annotated[str, Depends(citizen_token)]
CallerDep = Annotated[Caller, Depends(get_caller)]
