"""Who is calling: the service behind the app, the citizen's token, and the agent's key or session."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from api.accounts.model import Caller, Role, Scope
from api.routes.cookies import read_cookie
from api.service import Service
from tickets.model import Actor
from tickets.model import Role as DeskRole

SESSION_COOKIE = "hotline_session"

_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="API key")
_bearer_key = HTTPBearer(auto_error=False, scheme_name="API key as bearer token")
_session = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, scheme_name="Console session")

# Auditor and editor move nothing: without the scopes for it the role at the desk is never looked at.
DESK_ROLES = {
    Role.AGENT: DeskRole.DESK,
    Role.AUDITOR: DeskRole.DESK,
    Role.EDITOR: DeskRole.DESK,
    Role.DISPATCHER: DeskRole.DISPATCHER,
    Role.SUPERVISOR: DeskRole.SUPERVISOR,
    Role.ADMIN: DeskRole.SUPERVISOR,
}


async def get_service(request: Request) -> Service:
    return request.app.state.service


def session_token(request: Request) -> str:
    """The token of the console session that came along; empty when there is none."""
    return read_cookie(request, SESSION_COOKIE)


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


def get_caller(
    service: Annotated[Service, Depends(get_service)],
    header: Annotated[str | None, Security(_header)] = None,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer_key)] = None,
    _documented: Annotated[str | None, Security(_session)] = None,
    session: Annotated[str, Depends(session_token)] = "",
) -> Caller:
    """The agent or system behind an API key (`Authorization: Bearer` or `X-API-Key`) or a console session.

    Raises:
        HTTPException: 401 when none of them is valid.
    """
    key = header or (bearer.credentials if bearer else None)
    caller = service.accounts.key(key) if key else None
    if caller is None and session:
        caller = service.accounts.session(session)
    if caller is None:
        raise HTTPException(401, "send an agent's key: hotline keys add NAME --role agent")
    return caller


def needs(scope: str) -> Callable[[Caller], Caller]:
    """Give the dependency that lets only callers with this scope pass: `Depends(needs("tickets:read"))`.

    Raises:
        ValueError: there is no such scope.
        MissingScope: (the dependency) the caller does not have it.
    """
    wanted = Scope(scope)

    def allowed(caller: Annotated[Caller, Depends(get_caller)]) -> Caller:
        caller.require(wanted)
        return caller

    return allowed


def desk_actor(caller: Caller) -> Actor:
    """Say as whom a caller acts on tickets."""
    if caller.office:
        return Actor(caller.name, DeskRole.OFFICE, caller.office)
    return Actor(caller.name, DESK_ROLES[caller.role])


ServiceDep = Annotated[Service, Depends(get_service)]
TokenDep = Annotated[str, Depends(citizen_token)]
CallerDep = Annotated[Caller, Depends(get_caller)]
SessionDep = Annotated[str, Depends(session_token)]
