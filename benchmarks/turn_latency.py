"""How long a citizen waits, at 1, 16 and 64 conversations at once and at turn 300, beside a plain Rasa bot.

    python benchmarks/turn_latency.py [--rounds 3] [--without-peer] [--url http://127.0.0.1:8000]

Without --url it starts a hotline of its own (temporary database; model and index of HOTLINE_DATA_DIR), and
after it the plain Rasa bot of peers/plain_rasa (REST channel, own action server, DIET): same talk, same
machine, same run. Milliseconds, median and 95th percentile. The plain bot's actions answer constants, ours
search the policy texts and file real tickets.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from api.settings import Settings
from benchmarks.peers.rasa_alone import plain_rasa
from tests.conftest import prepare_data, start_hotline, stop_hotline

TALK = (
    ("greeting", "你好"),
    ("policy question", "临时救助怎么申请"),
    ("request opened", "我要登记求助，家里没有收入，快过不下去了"),
    ("place", "邵阳市洞口县高沙镇"),
    ("whom", "就是我自己，我叫石海"),
    ("question inside the form", "低保是怎么审批的？"),
    ("phone", "13700000001"),
    ("confirmed", "确认"),
    ("progress", "我的工单办到哪一步了"),
)
LONG_TALK = ("你好", "低保是怎么审批的？")
AT_ONCE, EARLY, LATE = (1, 16, 64), 3, 300

Say = Callable[[str], None]


@contextmanager
def ours(url: str) -> Iterator[Say]:
    """A conversation with the hotline."""
    with httpx.Client(base_url=url, timeout=120) as http:
        opened = http.post("/v1/conversations", json={}).raise_for_status().json()
        path = f"/v1/conversations/{opened['conversation_id']}/messages"
        headers = {"Authorization": f"Bearer {opened['token']}"}
        yield lambda text: http.post(path, json={"text": text}, headers=headers).raise_for_status() and None


@contextmanager
def theirs(url: str) -> Iterator[Say]:
    """A conversation with the plain bot."""
    sender = uuid.uuid4().hex
    with httpx.Client(timeout=120) as http:
        yield (
            lambda text: http.post(url, json={"sender": sender, "message": text}).raise_for_status() and None
        )


def measure(name: str, url: str, conversation: Callable, rounds: int) -> None:
    """Print the figures of one system."""
    for at_once in AT_ONCE:
        took: defaultdict[str, list[float]] = defaultdict(list)

        def talk(_: int, took: defaultdict[str, list[float]] = took) -> None:
            with conversation(url) as say:
                for kind, text in TALK:
                    took[kind].append(_timed(say, text))

        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(talk, range(max(rounds * at_once, 10))))
        turns = sum(map(len, took.values()))
        rate = turns / (time.perf_counter() - started)
        if at_once == 1:
            for kind, times in took.items():
                _row(f"{name}, {kind}", times)
        _row(f"{name}, {at_once} at once", [one for times in took.values() for one in times], f"{rate:.0f}/s")
    with conversation(url) as say:
        times = [_timed(say, LONG_TALK[turn % 2]) for turn in range(LATE)]
    for turn in (EARLY, LATE):
        _row(f"{name}, around turn {turn}", times[:20] if turn == EARLY else times[-20:])


def _timed(say: Say, text: str) -> float:
    started = time.perf_counter()
    say(text)
    return (time.perf_counter() - started) * 1000


def _row(name: str, times: list[float], more: str = "") -> None:
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"{name:44} p50 {statistics.median(times):7.0f}   p95 {p95:7.0f}   n {len(times):4}  {more}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url")
    parser.add_argument("--without-peer", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.url:
            measure("hotline", chosen.url, ours, chosen.rounds)
        else:
            data = Path(folder) / "data"
            prepare_data(data)
            shutil.copytree(Settings().data_dir / "knowledge", data / "knowledge")
            hotline = start_hotline(data, HOTLINE_RASA_TIMEOUT="2.5")
            try:
                measure("hotline", hotline.base_url, ours, chosen.rounds)
            finally:
                stop_hotline(hotline)
        if not chosen.without_peer:
            with plain_rasa(Path(folder)) as url:
                measure("plain Rasa", url, theirs, chosen.rounds)


if __name__ == "__main__":
    main()
