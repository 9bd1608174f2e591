"""The api without Rasa: real database, real index, real stand-in; only Rasa's process is replaced."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from api.main import create_app
from api.settings import Settings


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
