"""Accounts, for those who look after them: add, change the role, close, open, sign out, new password."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import AccountError, Caller, NoSuchAccount, Role, Scope
from api.accounts.store import ONE_TIME_LASTS
from api.console.people.sign_in import hand_in
from api.console.people.words import actor_said, change_said, way_in, words
from api.console.shell import FormDep, OurFormDep, console_page, may, not_found_page
from api.routes.access import ServiceDep
from api.routes.rendering import say

LISTED = 50

_UNSAID = {"problem": None, "done": None, "one_time": None, "typed": "", "chosen": Role.AGENT}

router = APIRouter(prefix="/console/accounts")

AdminDep = Annotated[Caller, Depends(may(Scope.ACCOUNTS))]
Name = Annotated[str, Form(max_length=200)]
Before = Annotated[int | None, Query(ge=0, le=2**31 - 1)]


class Desk:
    """A request of an admin; one per request."""

    def __init__(self, service: ServiceDep, admin: AdminDep, form: FormDep) -> None:
        self.service = service
        self.accounts = service.accounts
        self.admin = admin
        self.form = form

    def list(self, status: int = 200, *, before: int | None = None, **values: str | None) -> Response:
        """Show all accounts and what was changed."""
        people = self.accounts.list_users()
        return self._page("console/accounts.html", status, None, before, values, people=people)

    def person(
        self, name: str, status: int = 200, *, before: int | None = None, **values: str | None
    ) -> Response:
        """Show one account, its sessions and what was changed about it."""
        try:
            account = self.accounts.account(name)
        except NoSuchAccount:
            return (
                not_found_page(self.admin) if status == 200 else self.list(status, problem=values["problem"])
            )
        shown = {"account": account, "sessions": self.accounts.sessions_of(name)}
        return self._page("console/person.html", status, name, before, values, **shown)

    def change(self, ours: bool, name: str, do: Callable[[], object], done: str) -> Response:
        """Do it and show the person; what was not done is said there."""
        if not ours:
            return self.person(name, 403, problem=say("console")["other_site"])
        try:
            do()
        except NoSuchAccount:
            return not_found_page(self.admin)
        except AccountError as error:
            return self.person(name, 409, problem=words("admin")["refused"][error.code].format(name=name))
        hand_in(self.service, name)
        return RedirectResponse(f"/console/accounts/person?{urlencode({'name': name, 'done': done})}", 303)

    def _page(
        self,
        template: str,
        status: int,
        name: str | None,
        before: int | None,
        told: dict[str, str | None],
        **values: object,
    ) -> Response:
        now = datetime.now(UTC)
        changes = self.accounts.changes(name, before=before, limit=LISTED + 1)
        return console_page(
            template,
            self.admin,
            now,
            status,
            here="accounts",
            form=self.form,
            words=words("admin"),
            own=words("own"),
            roles=list(Role),
            open_now=self.accounts.open_sessions(),
            way_in=lambda account: way_in(account, now),
            changes=changes[:LISTED],
            older=changes[LISTED - 1].id if len(changes) > LISTED else None,
            actor_said=actor_said,
            change_said=change_said,
            one_time_days=ONE_TIME_LASTS.days,
            one_time_until=now + ONE_TIME_LASTS,
            **_UNSAID | told | values,
        )


DeskDep = Annotated[Desk, Depends()]


@router.get("")
def list_accounts(desk: DeskDep, before: Before = None) -> Response:
    """Everybody who has an account, and what was changed, the newest first."""
    return desk.list(before=before)


@router.post("")
def add_account(
    desk: DeskDep, ours: OurFormDep, role: Annotated[Role, Form()] = Role.AGENT, name: Name = ""
) -> Response:
    """Make an account; its one-time password is in this answer and nowhere else."""
    if not ours:
        return desk.list(403, problem=say("console")["other_site"], typed=name, chosen=role)
    try:
        password = desk.accounts.add_person(name, role, actor=desk.admin.name)
    except AccountError as error:
        told = words("admin")["refused"][error.code].format(name=name)
        return desk.list(409, problem=told, typed=name, chosen=role)
    return desk.list(done=words("admin")["made"].format(name=name.strip()), one_time=password)


@router.get("/person")
def person(
    desk: DeskDep,
    name: Annotated[str, Query(max_length=200)],
    done: Annotated[str, Query(max_length=20)] = "",
    before: Before = None,
) -> Response:
    """One account."""
    return desk.person(name, before=before, done=words("admin")["done"].get(done))


@router.post("/role")
def change_role(
    desk: DeskDep, ours: OurFormDep, role: Annotated[Role | None, Form()] = None, name: Name = ""
) -> Response:
    """Give another role; what is open shows it at the next click."""

    def change() -> None:
        if role is not None:
            desk.accounts.set_role(name, role, actor=desk.admin.name)

    return desk.change(ours, name, change, "role" if role else "")


@router.post("/disable")
def disable(desk: DeskDep, ours: OurFormDep, name: Name = "") -> Response:
    """Close an account at once."""
    return desk.change(
        ours, name, lambda: desk.accounts.disable_user(name, actor=desk.admin.name), "disabled"
    )


@router.post("/enable")
def enable(desk: DeskDep, ours: OurFormDep, name: Name = "") -> Response:
    """Open it again."""
    return desk.change(ours, name, lambda: desk.accounts.enable_user(name, actor=desk.admin.name), "enabled")


@router.post("/sign-out")
def end_sessions(desk: DeskDep, ours: OurFormDep, name: Name = "") -> Response:
    """Sign a person out everywhere."""
    return desk.change(
        ours, name, lambda: desk.accounts.end_sessions(name, actor=desk.admin.name), "signed_out"
    )


@router.post("/reset-password")
def reset_password(desk: DeskDep, ours: OurFormDep, name: Name = "") -> Response:
    """Give a one-time password; it is in this answer and nowhere else."""
    made: list[str] = []

    def reset() -> None:
        made.append(desk.accounts.reset_password(name, actor=desk.admin.name))

    answer = desk.change(ours, name, reset, "")
    if not made:
        return answer
    return desk.person(name, done=words("admin")["reset_done"].format(name=name), one_time=made[0])
