"""Agents at the console of a real server on a port, on either database; browsers are real HTTP clients."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import uvicorn

from api.accounts.model import Role
from api.main import create_app
from api.process import server_config
from api.service import Service
from api.settings import Settings
from tests.conftest import free_port, wait_until
from tests.postgres import PostgresServer

PASSWORD = "a long enough password"


@dataclass
class Bench:
    """A running hotline without Rasa and without an index; `service` are the parts inside it."""

    url: str
    service: Service
    settings: Settings
    browsers: list[httpx.Client] = field(default_factory=list)

    def agent(self, name: str, role: Role = Role.AGENT) -> "Browser":
        """Somebody new who has signed in."""
        self.service.accounts.add_user(name, role, PASSWORD)
        return self.sign_in(name)

    def sign_in(self, name: str) -> "Browser":
        http = httpx.Client(base_url=self.url, timeout=30)
        self.browsers.append(http)
        form = re.findall(r'name="form" value="([^"]+)"', http.get("/console/login").text)[0]
        answer = http.post("/console/login", data={"name": name, "password": PASSWORD, "form": form})
        assert answer.status_code == 303
        return Browser(http)

    def citizen(self, *words: str, waits: bool = False) -> "Citizen":
        """Somebody who opened the chat, said this and perhaps asked for a person."""
        citizen = Citizen(self.url)
        for said in words:
            citizen.say(said)
        if waits:
            citizen.ask_for_person()
        return citizen


class Citizen:
    def __init__(self, url: str) -> None:
        opened = httpx.post(f"{url}/v1/conversations", json={}, timeout=30).raise_for_status().json()
        self.id, self.path = opened["conversation_id"], f"/v1/conversations/{opened['conversation_id']}"
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {opened['token']}"}, timeout=30
        )

    def say(self, text: str) -> dict[str, Any]:
        return self._http.post(f"{self.path}/messages", json={"text": text}).raise_for_status().json()

    def ask_for_person(self) -> None:
        self._http.post(f"{self.path}/handover").raise_for_status()

    def reads(self) -> str:
        """Everything the hotline gives her: the transcript, and the file she keeps."""
        return (
            self._http.get(f"{self.path}/messages").text + self._http.get(f"{self.path}/transcript.txt").text
        )

    def erases(self) -> None:
        self._http.delete(self.path).raise_for_status()


@dataclass
class Browser:
    """A browser that is signed in at the console."""

    http: httpx.Client

    def talk(self, citizen: Citizen) -> str:
        return self.http.get(f"/console/conversations/{citizen.id}").text

    def token(self, citizen: Citizen) -> str:
        """What this session's forms carry."""
        return re.findall(r'X-Form-Token": "([0-9a-f]+)"', self.talk(citizen))[0]

    def post(self, citizen: Citizen, what: str, htmx: bool = False, **fields: str) -> httpx.Response:
        """Send a form of the conversation's page, as the browser does or as htmx does."""
        fields = {"sent": self.token(citizen), **fields}
        headers = {"HX-Request": "true"} if htmx else {}
        return self.http.post(f"/console/conversations/{citizen.id}/{what}", data=fields, headers=headers)

    def news(self, citizen: Citizen, page: str) -> httpx.Response:
        """What a page that shows this asks for."""
        state = {
            name: re.findall(rf'name="{name}" value="([^"]*)"', page)[-1]
            for name in ("after", "owner", "about")
        }
        headers = {"HX-Request": "true"}
        return self.http.get(f"/console/conversations/{citizen.id}/news", params=state, headers=headers)

    @contextmanager
    def events(self, last_id: str = "") -> Iterator["Events"]:
        """The event stream of the console, open until the block ends."""
        headers = {"Last-Event-ID": last_id} if last_id else {}
        with self.http.stream("GET", "/console/events", headers=headers, timeout=60) as answer:
            assert answer.status_code == 200, answer.status_code
            try:
                yield Events().following(answer)
            finally:
                # The thread that reads keeps a merely closed connection open.
                line = answer.extensions["network_stream"].get_extra_info("socket")
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Event:
    name: str
    data: Any
    id: str


class Events:
    """Events as they come, read in a thread of their own."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.ended = threading.Event()

    def following(self, answer: httpx.Response) -> Self:
        threading.Thread(target=self._read, args=(answer,), daemon=True).start()
        return self

    def wait(self, name: str, seconds: float = 10, after: int = 0) -> Event:
        """The first event of this name among those after so many."""
        return wait_until(
            lambda: next((e for e in self.heard[after:] if e.name == name), None), seconds, 0.01
        )

    def names(self) -> list[str]:
        return [event.name for event in self.heard]

    def _read(self, answer: httpx.Response) -> None:
        block: dict[str, str] = {}
        try:
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    block[name] = value
                elif "event" in block:
                    self.heard.append(Event(block["event"], json.loads(block["data"]), block.get("id", "")))
                    block = {}
        except (httpx.HTTPError, httpx.StreamError):
            pass
        self.ended.set()


@contextmanager
def running(folder: Path, database_url: str | None = None) -> Iterator[Bench]:
    """A hotline on a port, in this process."""
    settings = Settings(data_dir=folder, database_url=database_url, rasa_url=None, port=free_port())
    app = create_app(settings)
    server = uvicorn.Server(server_config(app, settings))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, 60)
    bench = Bench(f"http://127.0.0.1:{settings.port}", app.state.service, settings)
    try:
        yield bench
    finally:
        for browser in bench.browsers:
            browser.close()
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"], name="bench")
def console_bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """A hotline on each of the two databases."""
    url = None
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        url = postgres.address(postgres.new_database())
    with running(tmp_path_factory.mktemp("console"), url) as bench:
        yield bench
