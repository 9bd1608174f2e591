"""Many simulated citizens talk while Rasa and the api are killed and agents take over: what breaks?

    python benchmarks/simulated_citizens.py [--conversations 500] [--at-once 8] [--seed 1] [--no-faults]

Starts a hotline of its own (temporary database, the trained model and index of HOTLINE_DATA_DIR), talks, and
then holds every number that was told against the tickets in the database. Exits with 1 if anything broke.
"""

import argparse
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent))

from api.settings import Settings
from benchmarks.simulation.citizen import SimulatedCitizen
from tests.conftest import LiveHotline, prepare_data, start_hotline, stop_hotline

SAY = yaml.safe_load((Path(__file__).parent / "data" / "simulated_citizen.zh.yml").read_text("utf-8"))


@dataclass
class Faults:
    """Kills and pauses processes at random moments, and lets agents take conversations over."""

    hotline: LiveHotline
    key: str
    seed: int
    every: float
    counts: dict[str, int] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    broken: list[str] = field(default_factory=list)

    def run(self) -> None:
        draw = random.Random(self.seed)
        while not self.stop.wait(draw.uniform(0.3, 1.7) * self.every):
            what = draw.choice(("kill rasa", "pause rasa", "kill api", "agent", "agent", "agent"))
            try:
                self._do(what, draw)
            except (StopIteration, ProcessLookupError, httpx.HTTPError):
                continue  # it is being restarted already
            self.counts[what] = self.counts.get(what, 0) + 1

    def _do(self, what: str, draw: random.Random) -> None:
        if what == "agent":
            self._take_over(draw)
            return
        verb, part = what.split()
        pid = self.hotline.child(part)
        os.kill(pid, signal.SIGKILL if verb == "kill" else signal.SIGSTOP)
        if verb == "pause":
            self.stop.wait(draw.uniform(2, 6))
            os.kill(pid, signal.SIGCONT)

    def _take_over(self, draw: random.Random) -> None:
        """Take somebody who waits, say something, see that the bot kept silent, hand back."""
        with httpx.Client(
            base_url=self.hotline.base_url, headers={"Authorization": f"Bearer {self.key}"}, timeout=20
        ) as http:
            waiting = http.get("/v1/agent/conversations", params={"owner": "queue"}).json()["conversations"]
            if not waiting:
                return
            path = f"/v1/agent/conversations/{draw.choice(waiting)['conversation_id']}"
            if http.post(f"{path}/take").status_code != 200:
                return
            said = http.post(f"{path}/messages", json={"text": draw.choice(SAY["agent"])})
            if said.status_code != 200:
                return
            self.stop.wait(draw.uniform(0.5, 3))
            messages = http.get(path).json()["messages"]
            ids = [message["id"] for message in messages]
            after = messages[ids.index(said.json()["id"]) + 1 :]
            if any(message["role"] == "assistant" for message in after):
                self.broken.append(f"the bot spoke while an agent had {path}")
            http.post(f"{path}/hand-back", json={})


def simulate(
    hotline: LiveHotline, key: str, conversations: int, at_once: int, seed: int, every: float | None
) -> dict[str, Any]:
    """Let them talk; gives figures, and `broken`: what did not hold. `every`: seconds between faults."""
    citizens = [SimulatedCitizen(hotline.base_url, seed * 100_000 + n, SAY) for n in range(conversations)]
    chaos = Faults(hotline, key, seed, every or 0.0)
    thread = threading.Thread(target=chaos.run, daemon=True)
    if every:
        thread.start()
    started = time.monotonic()
    broken: list[str] = []

    def talk(citizen: SimulatedCitizen) -> None:
        try:
            citizen.talk()
        except (TimeoutError, httpx.HTTPError) as error:
            citizen.broken.append(f"seed {citizen.seed}: {error}")

    with ThreadPoolExecutor(at_once) as pool:
        for done, _ in enumerate(pool.map(talk, citizens), start=1):
            if done % 50 == 0:
                print(f"  {done} conversations", flush=True)
    chaos.stop.set()
    if every:
        thread.join()
    took = time.monotonic() - started
    broken = [one for citizen in citizens for one in citizen.broken] + chaos.broken
    broken += _lost(hotline, key, {number for citizen in citizens for number in citizen.tickets})
    turns = sum(citizen.turns for citizen in citizens)
    return {
        "conversations": conversations,
        "turns": turns,
        "tickets_told": sum(len(set(citizen.tickets)) for citizen in citizens),
        "resent": sum(citizen.resent for citizen in citizens),
        "faults": chaos.counts,
        "turns_per_s": round(turns / took, 1),
        "slowest_turn_s": round(max(citizen.slowest for citizen in citizens), 1),
        "median_slowest_s": round(statistics.median(citizen.slowest for citizen in citizens), 2),
        "broken": broken,
    }


def _lost(hotline: LiveHotline, key: str, told: set[str]) -> list[str]:
    """Numbers that were told to a citizen and are not in the database."""
    with httpx.Client(
        base_url=hotline.base_url, headers={"Authorization": f"Bearer {key}"}, timeout=60
    ) as http:
        return [
            f"ticket {number} was told and is lost"
            for number in sorted(told)
            if http.get(f"/v1/tickets/{number}").status_code != 200
        ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--conversations", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-faults", action="store_true")
    parser.add_argument("--every", type=float, default=4.0, help="Seconds between faults, on average.")
    chosen = parser.parse_args()
    faults = None if chosen.no_faults else chosen.every
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        prepare_data(data)
        shutil.copytree(Settings().data_dir / "knowledge", data / "knowledge")
        hotline = start_hotline(data, HOTLINE_RASA_TIMEOUT="2.5")
        try:
            key = hotline.command("keys", "add", "simulated-agent").strip()
            figures = simulate(hotline, key, chosen.conversations, chosen.at_once, chosen.seed, faults)
        finally:
            stop_hotline(hotline)
    for name, value in figures.items():
        print(f"{name:18} {value}" if name != "broken" else f"broken             {len(value)}")
    print("\n".join(figures["broken"]))
    return 1 if figures["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
