"""How long an agent waits for suggested answers: POST /v1/suggestions over loopback, one agent and several.

    python benchmarks/suggestion_latency.py [--questions 200] [--at-once 1 4]

It serves an api of its own (temporary database; index of HOTLINE_DATA_DIR, no Rasa), in a process of its own
as in operation, and asks the first questions of data/policy_questions.zh.jsonl: by words, then by
conversations whose citizen said them. Every offer is recorded, as it is for agents. Milliseconds, median and
95th percentile.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from api.accounts.model import Role
from api.accounts.store import AccountStore
from api.chat.model import EngineReply, Outcome, Reply
from api.chat.store import ConversationStore
from api.database import open_database
from api.parts import sealer_from
from api.settings import PROJECT_ROOT, UNLIMITED, Settings
from tests.conftest import free_port, wait_until
from tickets.service import utc_now

QUESTIONS = Path(__file__).parent / "data" / "policy_questions.zh.jsonl"
WARM_UP = 10


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """An api process on this data; gives its address."""
    port = free_port()
    environment = {
        **os.environ,
        **UNLIMITED,
        "HOTLINE_DATA_DIR": str(settings.data_dir),
        "HOTLINE_DATABASE_URL": settings.database_address,
        "HOTLINE_RASA_URL": "",
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.main:create_app", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--log-level", "warning"], cwd=PROJECT_ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"

    def up() -> bool:
        assert process.poll() is None, "the api did not start"
        try:
            return httpx.get(f"{url}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_until(up, 120)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def talks(settings: Settings, questions: Sequence[str]) -> list[str]:
    """A conversation for each question, waiting for an agent to answer it; gives their ids."""
    database = open_database(settings.database_address)
    store = ConversationStore(database, sealer_from(settings), utc_now)
    ids = []
    for question in questions:
        conversation, _token, _greeting = store.open("430000", Reply("hello"))
        message, _ = store.take_in(conversation.id, question, None)
        store.finish_turn(message, EngineReply((), Outcome.HANDED_OVER), None)
        ids.append(conversation.id)
    database.dispose()
    return ids


def measure(name: str, ask: Callable[[str], None], asked: Sequence[str], at_once: int) -> None:
    """Print one row: how long each of these took with so many agents asking at once."""

    def timed(one: str) -> float:
        started = time.perf_counter()
        ask(one)
        return (time.perf_counter() - started) * 1000

    for one in asked[:WARM_UP]:
        ask(one)
    with ThreadPoolExecutor(at_once) as pool:
        times = list(pool.map(timed, asked))
    late = statistics.quantiles(times, n=20)[-1]
    print(f"{name:34} {statistics.median(times):8.1f} {late:8.1f} {max(times):8.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 4])
    arguments = parser.parse_args()
    lines = QUESTIONS.read_text("utf-8").splitlines()[: arguments.questions]
    questions = [json.loads(line)["question"] for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'hotline.db'}"
        settings = Settings(database_url=address, rasa_url=None)
        key = AccountStore(open_database(address), utc_now).add_key("bench", Role.AGENT)
        ids = talks(settings, questions)
        with served(settings) as url, httpx.Client(base_url=url, headers={"X-API-Key": key}) as http:

            def ask(**body: str) -> None:
                http.post("/v1/suggestions", json=body, timeout=60).raise_for_status()

            print(f"{'milliseconds':34} {'median':>8} {'95 %':>8} {'most':>8}")
            for at_once in arguments.at_once:
                measure(f"by words, {at_once} at once", lambda q: ask(text=q), questions, at_once)
                measure(f"by conversation, {at_once} at once", lambda c: ask(conversation_id=c), ids, at_once)


if __name__ == "__main__":
    main()
