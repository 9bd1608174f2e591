"""How tests come to the console as a browser does."""

import re
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api.accounts.model import Role
from api.main import create_app
from api.settings import Settings

PASSWORD = "a long enough password"


def open_house(folder: Path, **settings: Any) -> TestClient:
    """An api of its own on a database of its own, without Rasa; the client is a browser without cookies."""
    app = create_app(Settings(data_dir=folder, rasa_url=None, **{"database_url": None, **settings}))
    return browser_of(app)


def browser_of(house: Any, base_url: str = "http://testserver") -> TestClient:
    """Another browser on the same hotline."""
    app = getattr(house, "app", house)
    return TestClient(app, base_url=base_url, follow_redirects=False, raise_server_exceptions=False)


def sign_in(browser: TestClient, name: str, password: str = PASSWORD):
    """Fill in the sign-in form; gives the answer."""
    form = re.findall(r'name="form" value="([^"]+)"', browser.get("/console/login").text)[0]
    return browser.post("/console/login", data={"name": name, "password": password, "form": form})


def person(house: TestClient, name: str, role: Role) -> TestClient:
    """A browser in which a new person is signed in."""
    house.app.state.service.accounts.add_user(name, role, PASSWORD)
    browser = browser_of(house)
    assert sign_in(browser, name).status_code == 303
    return browser


def token_on(browser: TestClient, path: str) -> str:
    """The form token on a page."""
    return re.findall(r'name="sent" value="([0-9a-f]+)"', browser.get(path).text)[0]


def send(browser: TestClient, page: str, to: str | None = None, **fields: str):
    """Send a form that stands on `page`."""
    return browser.post(to or page, data={"sent": token_on(browser, page), **fields})
