"""Trains and runs the plain Rasa bot of plain_rasa/: REST channel, own action server, DIET."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from api.settings import PROJECT_ROOT, Settings
from tests.conftest import free_port

HERE = Path(__file__).parent / "plain_rasa"
EXAMPLES = 60  # an intent
START_SECONDS = 300


@contextmanager
def plain_rasa(folder: Path) -> Iterator[str]:
    """Train in a folder, start, give the address of the REST channel, end again."""
    bot = _project(folder)
    python, environment = str(Settings().rasa_python), _environment()
    start = (python, "-m", "rasa")
    subprocess.run([*start, "train", "--quiet"], cwd=bot, env=environment, check=True, capture_output=True)
    port, actions = free_port(), free_port()
    environment["PLAIN_ACTIONS_PORT"] = str(actions)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    served = (
        subprocess.Popen(
            [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "-p", str(actions)],
            cwd=bot,
            env={**environment, "PYTHONPATH": str(bot)},
            **quiet,
        ),
        subprocess.Popen(
            [*start, "run", "-i", "127.0.0.1", "-p", str(port)], cwd=bot, env=environment, **quiet
        ),
    )
    try:
        _wait(f"http://127.0.0.1:{port}/webhooks/rest/webhook")
        yield f"http://127.0.0.1:{port}/webhooks/rest/webhook"
    finally:
        for process in served:
            process.terminate()
        for process in served:
            process.wait(30)


def _project(folder: Path) -> Path:
    """The bot with examples of our intents: the same sentences that ours learned from, fewer of them."""
    bot = folder / "plain"
    shutil.copytree(HERE, bot)
    (bot / "data").mkdir()
    shutil.move(bot / "rules.yml", bot / "data" / "rules.yml")
    (bot / "credentials.yml").write_text("rest:\n")
    draw, nlu = random.Random(1), []
    for intent in yaml.safe_load((bot / "domain.yml").read_text("utf-8"))["intents"]:
        data = yaml.safe_load((PROJECT_ROOT / "bot" / "data" / "nlu" / f"{intent}.yml").read_text("utf-8"))
        lines = data["nlu"][0]["examples"].splitlines()
        examples = "\n".join(draw.sample(lines, min(EXAMPLES, len(lines))))
        nlu.append({"intent": intent, "examples": examples})
    (bot / "data" / "nlu.yml").write_text(
        yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), "utf-8"
    )
    return bot


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }


def _wait(url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.post(url, json={"sender": "probe", "message": "你好"}, timeout=10).json():
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(1)
    raise TimeoutError(f"the plain Rasa bot did not answer within {START_SECONDS} s")
