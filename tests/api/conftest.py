"""The api without Rasa: real database, real index, real stand-in; only Rasa's process is replaced."""

import secrets
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role, Scope
from api.main import create_app
from api.settings import Settings
from tickets.model import Area, Category, NewTicket, Person, Urgency


@pytest.fixture(scope="session")
def api_settings(indexed_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an api that has no Rasa; it shares the index but not the database."""
    database = tmp_path_factory.mktemp("api") / "hotline.db"
    return Settings(data_dir=indexed_data, database_url=f"sqlite:///{database}", rasa_url=None)


@pytest.fixture(scope="session")
def client(api_settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(api_settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def conversation(client: TestClient) -> tuple[str, dict[str, str]]:
    """A conversation just opened: its path and the headers that open it."""
    opened = client.post("/v1/conversations", json={}).json()
    return f"/v1/conversations/{opened['conversation_id']}", {"Authorization": f"Bearer {opened['token']}"}


@pytest.fixture(scope="session")
def agent(client: TestClient) -> dict[str, str]:
    """Headers of an agent's key."""
    accounts = client.app.state.service.accounts
    return {"Authorization": f"Bearer {accounts.add_key('desktop', Role.AGENT)}"}


@pytest.fixture(scope="session")
def desk_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The api for tickets: a database of its own, no index, no Rasa."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("desk"), rasa_url=None, database_url=None)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def key_of(desk_client: TestClient) -> Callable[..., dict[str, str]]:
    """Makes headers with a new key: role, and as the command line takes them, scopes and office."""
    accounts, counter = desk_client.app.state.service.accounts, count()

    def make(role: Role = Role.AGENT, *scopes: Scope, office: str | None = None) -> dict[str, str]:
        return {"X-API-Key": accounts.add_key(f"{role}-{next(counter)}", role, scopes, office)}

    return make


@pytest.fixture
def new_request() -> Callable[..., NewTicket]:
    """Makes a request of somebody new from somewhere new; keyword arguments replace single fields."""

    def make(**changes: Any) -> NewTicket:
        phone = f"139{secrets.randbelow(10**8):08d}"
        fields: dict[str, Any] = {
            "category": Category.TEMPORARY,
            "urgency": Urgency.PRIORITY,
            "summary": "房子被火烧了",
            "description": f"房子被火烧了，电话{phone}",
            "area": Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", f"石桥村{phone[3:]}号"),
            "applicant": Person("石海", phone),
        }
        return NewTicket(**fields | changes)

    return make
