"""Citizens by the hundred, each following her conversation while messages flow: is every word there, once?

    python benchmarks/many_listeners.py [LISTENERS] [MESSAGES_A_SECOND] [MESSAGES_EACH]

Starts a hotline of its own (the configured model and index, empty database) and ends it again. Prints what
was lost or doubled, how long a word took to reach its listener, and memory and processor time of the api.
"""

import asyncio
import json
import os
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import httpx

from api.evaluation.temporary import temporary_hotline
from api.settings import Settings

SAID = ("低保要符合什么条件", "临时救助怎么申请", "你好", "谢谢", "特困人员怎么认定")
QUIET_SECONDS = 20.0
LAST_WORDS_SECONDS = 30.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Listener:
    """One citizen: what she heard, (event id, message id), and when she sent and heard each of her words."""

    id: str
    headers: dict[str, str]
    heard: list[tuple[int, str]] = field(default_factory=list)
    sent_at: dict[str, float] = field(default_factory=dict)
    echoed: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    waits_since: float | None = None

    def hear(self, event: int, message: dict) -> None:
        now = time.monotonic()
        self.heard.append((event, message["id"]))
        if message["role"] == "citizen":
            self.echoed.append(now - self.sent_at[message["client_message_id"]])
        elif self.waits_since is not None:
            self.answered.append(now - self.waits_since)
            self.waits_since = None


async def listen(http: httpx.AsyncClient, listener: Listener, ready: asyncio.Event) -> None:
    """Follow until cancelled."""
    url = f"/v1/conversations/{listener.id}/events"
    async with http.stream("GET", url, headers=listener.headers, timeout=None) as stream:
        stream.raise_for_status()
        event = 0
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                event = int(value)
            elif name == "data":
                listener.hear(event, json.loads(value))
                ready.set()


async def say(http: httpx.AsyncClient, listener: Listener, text: str) -> None:
    """Say one thing and wait for the turn's end, as the page does."""
    name = f"b{len(listener.sent_at)}"
    listener.sent_at[name] = listener.waits_since = begun = time.monotonic()
    body = {"text": text, "client_message_id": name}
    url = f"/v1/conversations/{listener.id}/messages"
    (await http.post(url, json=body, headers=listener.headers, timeout=120)).raise_for_status()
    listener.turns.append(time.monotonic() - begun)


async def open_one(http: httpx.AsyncClient) -> Listener:
    opened = (await http.post("/v1/conversations", json={}, timeout=120)).raise_for_status().json()
    return Listener(opened["conversation_id"], {"Authorization": f"Bearer {opened['token']}"})


async def measure(url: str, pid: int, count: int, rate: float, each: int) -> None:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=3)
    async with httpx.AsyncClient(base_url=url, limits=limits) as http:
        before = memory_mb(pid)
        listeners = [await open_one(http) for _ in range(count)]
        readies = [asyncio.Event() for _ in listeners]
        streams = [
            asyncio.create_task(listen(http, one, ok)) for one, ok in zip(listeners, readies, strict=True)
        ]
        await asyncio.wait_for(asyncio.gather(*(ready.wait() for ready in readies)), 120)
        quiet, began = cpu_seconds(pid), time.monotonic()
        await asyncio.sleep(QUIET_SECONDS)
        quiet_share = (cpu_seconds(pid) - quiet) / (time.monotonic() - began)
        busy, began = cpu_seconds(pid), time.monotonic()
        talks = []
        for listener in random.Random(1).sample(listeners * each, count * each):
            talks.append(asyncio.create_task(say_in_turn(http, listener)))
            await asyncio.sleep(random.Random(len(talks)).expovariate(rate))
        await asyncio.gather(*talks)
        busy_share = (cpu_seconds(pid) - busy) / (time.monotonic() - began)
        took = time.monotonic() - began
        deadline = time.monotonic() + LAST_WORDS_SECONDS
        while time.monotonic() < deadline and any(len(one.echoed) < each for one in listeners):
            await asyncio.sleep(0.2)
        await asyncio.sleep(1)
        dead = sum(stream.done() for stream in streams)
        lost, doubled, disordered = await compare(http, listeners)
        for stream in streams:
            stream.cancel()
    messages = sum(len(one.heard) for one in listeners)
    print(f"{count} listeners, {count * each} messages in {took:.0f} s, {messages} events heard")
    print(f"lost {lost}, doubled {doubled}, out of order {disordered}, streams that broke {dead}")
    print_spread("own word back on the stream", [t for one in listeners for t in one.echoed])
    print_spread("first answer on the stream", [t for one in listeners for t in one.answered])
    print_spread("the POST's answer", [t for one in listeners for t in one.turns])
    print(f"api: {before:.0f} MB before, {memory_mb(pid):.0f} MB after, {most_memory_mb(pid):.0f} MB at most")
    print(f"api: {quiet_share:.1%} of a core while nobody talks, {busy_share:.1%} while they do")
    print(f"api: {len(list(Path(f'/proc/{pid}/task').iterdir()))} threads")


async def say_in_turn(http: httpx.AsyncClient, listener: Listener) -> None:
    await say(http, listener, SAID[len(listener.sent_at) % len(SAID)])


async def compare(http: httpx.AsyncClient, listeners: list[Listener]) -> tuple[int, int, int]:
    """What each heard against what is stored: missing, heard twice, heard in another order."""
    lost = doubled = disordered = 0
    for listener in listeners:
        read = await http.get(
            f"/v1/conversations/{listener.id}/messages", headers=listener.headers, timeout=60
        )
        stored = [message["id"] for message in read.raise_for_status().json()["messages"]]
        heard = [message for _, message in listener.heard]
        lost += len(set(stored) - set(heard))
        doubled += len(heard) - len(set(heard))
        disordered += [m for m in heard if m in stored] != [m for m in stored if m in heard]
    return lost, doubled, disordered


def print_spread(what: str, seconds: list[float]) -> None:
    cuts = quantiles(seconds, n=100)
    print(f"{what}: p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f}, p99 {cuts[98] * 1000:.0f},"
          f" longest {max(seconds) * 1000:.0f} ({len(seconds)})")  # fmt: skip


def api_process(port: int) -> int:
    """The process id of the api on this port, read from /proc."""
    wanted = f"HOTLINE_PORT={port}".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            line, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"api.process" in line and wanted in environment.split(b"\0"):
            return int(folder.name)
    raise SystemExit(f"no api process on port {port}")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> float:
    return _status_kb(pid, "VmRSS") / 1024


def most_memory_mb(pid: int) -> float:
    return _status_kb(pid, "VmHWM") / 1024


def _status_kb(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    each = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with temporary_hotline(Settings()) as hotline:
        port = int(hotline.url.rpartition(":")[2])
        asyncio.run(measure(hotline.url, api_process(port), count, rate, each))


if __name__ == "__main__":
    main()
