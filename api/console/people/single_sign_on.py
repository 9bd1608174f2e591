"""The other door of the console: the office's single sign-on."""

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import AccountError, NoRole
from api.accounts.provider import ProviderUnavailable, SignOnError
from api.accounts.single_sign_on import MINUTES
from api.console.people.sign_in import begin_session, door, going_on, hand_in, home_of, place_of
from api.console.people.words import words
from api.console.shell import SIGN_IN_PAGE
from api.routes.access import ServiceDep, SessionDep
from api.routes.cookies import drop_cookie, put_cookie, read_cookie
from api.service import Service

log = structlog.get_logger()

SIGN_ON_COOKIE = "hotline_sign_on"

router = APIRouter(prefix="/console/oidc")


@router.get("/start")
def start(request: Request, service: ServiceDep) -> Response:
    """Send the browser to the provider. What it keeps comes back from another site, so it is SameSite=Lax."""
    if service.single_sign_on is None:
        return RedirectResponse(SIGN_IN_PAGE, 303)
    try:
        begun = service.single_sign_on.begin()
    except SignOnError as error:
        return _refused(request, service, error)
    answer = RedirectResponse(begun.address, 303)
    put_cookie(
        answer, request, SIGN_ON_COOKIE, begun.kept, same_site="lax", seconds=int(MINUTES.total_seconds())
    )
    return answer


@router.get("/callback")
def callback(request: Request, service: ServiceDep, old: SessionDep) -> Response:
    """Take in who comes back from the provider.

    The answer is a page that goes on by itself: a redirection that another site began carries no cookie that
    is SameSite=Strict, and the session would not be there.
    """
    if service.single_sign_on is None:
        return RedirectResponse(SIGN_IN_PAGE, 303)
    try:
        arrived = service.single_sign_on.finish(request.query_params, read_cookie(request, SIGN_ON_COOKIE))
        token = service.accounts.sign_in_as(
            arrived.who, arrived.role, place_of(request), arrived.id_token_sealed
        )
    except (SignOnError, AccountError) as error:
        return _refused(request, service, error)
    home = home_of(service.accounts.session(token))
    answer = going_on("arrived", home)
    begin_session(answer, request, service, token, old)
    drop_cookie(answer, request, SIGN_ON_COOKIE)
    return answer


def _refused(request: Request, service: Service, error: SignOnError | AccountError) -> Response:
    log.warning("single_sign_on_refused", reason=error.code, detail=_without_names(error))
    if isinstance(error, NoRole) and error.account:
        hand_in(service, error.account)
    status = 503 if isinstance(error, ProviderUnavailable) else 403
    answer = door(request, service, status, words("door")["refused"][error.code])
    drop_cookie(answer, request, SIGN_ON_COOKIE)
    return answer


def _without_names(error: Exception) -> str:
    """What went wrong, for whoever runs the hotline; errors about accounts name people: only their kind."""
    return type(error).__name__ if isinstance(error, AccountError) else str(error)[:200]
