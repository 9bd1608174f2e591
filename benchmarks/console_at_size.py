"""How long every page of the console takes at size: at the server, and until it stands in a browser.

    python benchmarks/console_at_size.py [--tickets 10000] [--conversations 2000] [--database postgresql]
    python benchmarks/console_at_size.py --data DATA_DIR --password "…"    # one that is filled already

Fills a hotline (benchmarks/filled_hotline.py), starts the api without Rasa on it, signs in as each role and
opens every page of the menu that the role has, and one of each kind of page below them (a ticket, a
conversation, figures of thirty days), ROUNDS times. CPU: what the api itself computed for the page, which a
busy machine does not change. Server: from asking to the last byte. Loaded: until the page, its styles and
scripts are there and, where there are charts, these are drawn. Settled: until the last part that the page
fetches for itself has come. Prints the median and the slowest, and says what takes a second or more.
`--database postgresql` starts a server of its own, whose work the CPU figure leaves out.
"""

import argparse
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from api.database import open_database
from api.parts import sealer_from
from api.settings import UNLIMITED, Settings
from benchmarks.filled_hotline import add_accounts, fill
from tests.api.served import Served, serving

ROUNDS = 5
TOO_LONG = 1.0
ROLES = ("supervisor", "admin", "editor")
PASSWORD = "a long enough password"
QUIET_MS = 500
# Pages below those of the menu: what is opened from the first link that looks like this.
BELOW = {
    "talks": r"/console/conversations/c_\w+",
    "tickets": r"/console/tickets/\d[\d-]+",
    "knowledge": r"/console/knowledge/[\w/.%-]+",
}
MORE = {"figures": ("/console/figures?period=7", "/console/figures?period=30", "/console/figures?place=")}


@dataclass
class Taken:
    """Seconds that one page took, round by round."""

    status: int = 0
    size: int = 0
    cpu: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    loaded: list[float] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)


class Visitor:
    """Somebody signed in, with a plain client and with a browser."""

    def __init__(self, served: Served, role: str, password: str, browser: Browser) -> None:
        address = served.url
        self.served = served
        self.http = httpx.Client(base_url=address, timeout=60)
        form = re.findall(r'name="form" value="([^"]+)"', self.http.get("/console/login").text)[0]
        sent = {"name": role, "password": password, "form": form}
        answer = self.http.post("/console/login", data=sent)
        assert answer.status_code == 303, f"{role} cannot sign in: {answer.status_code}"
        context = browser.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
        )
        context.add_cookies(
            [{"name": c.name, "value": c.value or "", "url": address} for c in self.http.cookies.jar]
        )
        self.page = context.new_page()
        self.address = address

    def pages(self) -> list[str]:
        """The pages of this role's menu, and of each the first of those below it."""
        menu = self.http.get(self.http.get("/console").headers.get("location", "/console")).text
        found: list[str] = []
        for name, path in re.findall(r'id="menu-(\w+)" href="([^"]+)"', menu):
            found += [path, *MORE.get(name, ())]
            if name in BELOW:
                below = re.findall(f'href="({BELOW[name]})"', self.http.get(path, follow_redirects=True).text)
                found += below[:1]
        return list(dict.fromkeys(found))

    def measure(self, path: str, taken: Taken) -> None:
        before, begun = cpu_seconds(self.served), time.perf_counter()
        answer = self.http.get(path, follow_redirects=True)
        taken.cpu.append(cpu_seconds(self.served) - before)
        taken.server.append(time.perf_counter() - begun)
        taken.status, taken.size = answer.status_code, len(answer.content)
        begun = time.perf_counter()
        self.page.goto(self.address + path, wait_until="load")
        if self.page.locator("#figures").count():
            self.page.wait_for_selector("#figures[data-drawn]")
        taken.loaded.append(time.perf_counter() - begun)
        taken.settled.append(self._settled(begun))

    def _settled(self, begun: float) -> float:
        """When the last part that the page fetches for itself was there; streams of events never end."""
        last = time.perf_counter()
        arrived: list[float] = []
        hear: Callable[[object], None] = lambda _response: arrived.append(time.perf_counter())  # noqa: E731
        self.page.on("requestfinished", hear)
        while time.perf_counter() - last < QUIET_MS / 1000:
            self.page.wait_for_timeout(50)
            if arrived:
                last = max(last, arrived.pop())
        self.page.remove_listener("requestfinished", hear)
        return last - begun


def cpu_seconds(served: Served) -> float:
    """What the api has computed since it started, user and system time."""
    fields = Path(f"/proc/{served.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(visitor: Visitor) -> dict[str, Taken]:
    """Open every page once to warm up, then ROUNDS times."""
    found = {path: Taken() for path in visitor.pages()}
    for path in found:
        visitor.measure(path, Taken())
    for _ in range(ROUNDS):
        for path, taken in found.items():
            visitor.measure(path, taken)
    return found


def shown(role: str, path: str, taken: Taken) -> str:
    times = [
        f"{statistics.median(each):6.2f} {max(each):6.2f}"
        for each in (taken.cpu, taken.server, taken.loaded, taken.settled)
    ]
    slow = "  TOO SLOW" if statistics.median(taken.settled) >= TOO_LONG else ""
    return f"{role:10} {taken.status} {taken.size // 1024:5} KiB  {'  '.join(times)}  {path}{slow}"


@contextmanager
def hotline(given: argparse.Namespace) -> Iterator[tuple[Served, str]]:
    """A running api on a filled hotline, and how the database is called."""
    with ExitStack() as closing:
        folder, address = given.data, None
        if folder is None:
            folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="hotline-size-")))
            if given.database == "postgresql":
                from tests.postgres import PostgresServer

                server = PostgresServer(Path(tempfile.mkdtemp(prefix="hotline-size-pg-")), durable=True)
                closing.callback(server.remove)
                address = server.address(server.new_database())
            settings = Settings(data_dir=folder, database_url=address)
            engine = open_database(settings.database_address)
            print(fill(engine, sealer_from(settings), given.tickets, given.conversations))
            add_accounts(engine, given.password)
            engine.dispose()
        if given.knowledge.is_dir() and not (folder / "knowledge").exists():
            shutil.copytree(given.knowledge, folder / "knowledge")
        more = {"HOTLINE_DATABASE_URL": address} if address else {}
        served = closing.enter_context(serving(folder, **UNLIMITED, **more))
        yield served, "postgresql" if address else "sqlite"


def main() -> None:
    asked = argparse.ArgumentParser(description="Time every page of the console at size.")
    asked.add_argument("--data", type=Path, help="a hotline filled with accounts by filled_hotline.py")
    asked.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument("--tickets", type=int, default=10_000)
    asked.add_argument("--conversations", type=int, default=2_000)
    asked.add_argument("--password", default=PASSWORD)
    asked.add_argument("--knowledge", type=Path, default=Settings().data_dir / "knowledge", help="an index")
    given = asked.parse_args()
    slow = 0
    with hotline(given) as (served, database), sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        print(f"{database}; seconds, median and slowest of {ROUNDS}")
        print(f"{'role':10} {'':3} {'':9}  {'cpu':13}  {'server':13}  {'loaded':13}  {'settled':13}  page")
        seen: set[str] = set()
        for role in ROLES:
            for path, taken in measured(Visitor(served, role, given.password, browser)).items():
                if path not in seen:
                    print(shown(role, path, taken), flush=True)
                    slow += statistics.median(taken.settled) >= TOO_LONG
                seen.add(path)
        browser.close()
    print(f"{slow} of {len(seen)} pages take {TOO_LONG:.0f} s or more")


if __name__ == "__main__":
    main()
