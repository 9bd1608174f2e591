"""One's own account: where one is signed in, and the password."""

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import AccountError, WrongPassword
from api.accounts.passwords import MAX_PASSWORD, MIN_PASSWORD
from api.console.people.sign_in import begin_session, hand_in, home_of, place_of
from api.console.people.words import way_in, words
from api.console.shell import (
    OWN_ACCOUNT_PAGE,
    SIGN_IN_PAGE,
    FormDep,
    OurFormDep,
    PersonDep,
    console_page,
)
from api.routes.access import SESSION_COOKIE, ServiceDep, SessionDep
from api.routes.cookies import drop_cookie
from api.routes.rendering import say

router = APIRouter(prefix=OWN_ACCOUNT_PAGE)

Password = Annotated[str, Form(max_length=MAX_PASSWORD)]


class Own:
    """A request about one's own account; one per request."""

    def __init__(
        self, request: Request, service: ServiceDep, person: PersonDep, form: FormDep, session: SessionDep
    ) -> None:
        self.request = request
        self.service = service
        self.person = person
        self.form = form
        self.session = session

    def page(self, status: int = 200, problem: str | None = None, done: str | None = None) -> Response:
        """Show the account, with what was done or not."""
        accounts, told = self.service.accounts, words("own")
        account = accounts.account(self.person.name)
        return console_page(
            "console/account.html",
            self.person,
            status=status,
            here="account",
            words=told,
            way=way_in(account, accounts.now()),
            has_password=account.issuer is None,
            sessions=accounts.sessions_of(account.name),
            this_one=accounts.session_id(self.session),
            least=MIN_PASSWORD,
            most=MAX_PASSWORD,
            problem=problem,
            done=told["done"].get(done),
            form=self.form,
        )

    def done(self, what: str) -> Response:
        """Show the account as it is now, with what was done."""
        return RedirectResponse(f"{OWN_ACCOUNT_PAGE}?done={what}", 303)


OwnDep = Annotated[Own, Depends()]


@router.get("")
def own_account(own: OwnDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Name, role, sessions, password."""
    return own.page(done=done)


@router.post("/password")
def change_password(
    own: OwnDep, ours: OurFormDep, present: Password = "", chosen: Password = "", again: Password = ""
) -> Response:
    """Take another password; every other session ends, and this one goes on under a new token."""
    if not ours:
        return own.page(403, say("console")["other_site"])
    refused, place, name = words("own")["refused"], place_of(own.request), own.person.name
    if chosen != again:
        return own.page(409, refused["differs"])
    if wait := own.service.sign_ins.attempt(name, place.address):
        return own.page(429, refused["throttled"].format(minutes=math.ceil(wait / 60)))
    try:
        token = own.service.accounts.change_password(name, present, chosen, place)
    except AccountError as error:
        if not isinstance(error, WrongPassword):
            own.service.sign_ins.succeeded(name, place.address)
        return own.page(409, refused[error.code])
    own.service.sign_ins.succeeded(name, place.address)
    caller = own.service.accounts.session(token)
    answer = RedirectResponse(home_of(caller), 303) if own.person.password_due else own.done("password")
    begin_session(answer, own.request, own.service, token, own.session)
    return answer


@router.post("/sign-out")
def sign_out(own: OwnDep, ours: OurFormDep, id: Annotated[str, Form(max_length=20)] = "") -> Response:
    """End one of one's own sessions; without an id, all others."""
    if not ours:
        return own.page(403, say("console")["other_site"])
    accounts, name = own.service.accounts, own.person.name
    this_one = accounts.session_id(own.session)
    for session in accounts.sessions_of(name):
        if session.id == id or (not id and session.id != this_one):
            accounts.end_session(name, session.id)
    hand_in(own.service, name)
    return own.done("ended")


@router.post("/sign-out-everywhere")
def sign_out_everywhere(own: OwnDep, ours: OurFormDep) -> Response:
    """End all one's own sessions, this one too."""
    if not ours:
        return own.page(403, say("console")["other_site"])
    own.service.accounts.end_sessions(own.person.name, actor=own.person.name)
    hand_in(own.service, own.person.name)
    answer = RedirectResponse(SIGN_IN_PAGE, 303)
    drop_cookie(answer, own.request, SESSION_COOKIE)
    return answer
