"""People at the ticket desk: browsers signed in to the console, and tickets to work on."""

import re
import secrets

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from tickets.model import Actor
from tickets.model import Role as DeskRole

PASSWORD = "a long enough password"
LEAD = Actor("banzhang", DeskRole.SUPERVISOR)


@pytest.fixture(scope="session", name="sign_in")
def signing_in(desk_client):
    """Makes browsers that are signed in with a role."""
    accounts = desk_client.app.state.service.accounts

    def come(role: Role) -> TestClient:
        name = f"gongdan-{role}-{secrets.token_hex(4)}"
        accounts.add_user(name, role, PASSWORD)
        browser = TestClient(desk_client.app, follow_redirects=False)
        browser.headers["X-Test-Name"] = name
        form = re.findall(r'name="form" value="([^"]+)"', browser.get("/console/login").text)[0]
        data = {"name": name, "password": PASSWORD, "form": form}
        assert browser.post("/console/login", data=data).status_code == 303
        return browser

    return come


@pytest.fixture(scope="session", name="lead")
def lead_browser(sign_in) -> TestClient:
    return sign_in(Role.SUPERVISOR)


@pytest.fixture(scope="session", name="agent")
def agent_browser(sign_in) -> TestClient:
    return sign_in(Role.AGENT)


@pytest.fixture(name="desk")
def the_desk(desk_client):
    return desk_client.app.state.service.desk


@pytest.fixture(name="file")
def filing(desk, new_request):
    return lambda **changes: desk.file(new_request(**changes))


def name_of(browser: TestClient) -> str:
    return browser.headers["X-Test-Name"]
