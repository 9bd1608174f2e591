"""旧版本留下的机器人记录里有群众说过的话：热线一启动就删掉，并在日志里说一声。"""

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.conftest import free_port, hotline_program


@pytest.fixture
def serve(tmp_path: Path):
    """Runs `hotline serve` on this data folder with a Rasa that ends at once, so that it ends too."""

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [hotline_program(), "serve"],
            env={
                **os.environ,
                "HOTLINE_DATA_DIR": str(tmp_path),
                "HOTLINE_PORT": str(free_port()),
                "HOTLINE_RASA_PYTHON": "/bin/false",
            },
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def a_model(folder: Path) -> None:
    (folder / "models").mkdir()
    with tarfile.open(folder / "models" / "bot.tar.gz", "w:gz"):
        pass


def events(log: str) -> list[dict]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def test_rasas_dialogues_of_an_older_version_are_gone_once_the_hotline_starts(serve, tmp_path: Path):
    a_model(tmp_path)
    for name in ("rasa.db", "rasa.db-wal", "rasa.db-shm"):
        (tmp_path / name).write_bytes(b"sealed words")

    done = serve()

    assert "rasa ended while starting" in done.stderr
    assert not list(tmp_path.glob("rasa.db*"))
    (told,) = (event for event in events(done.stderr) if event["event"].startswith("left_behind"))
    assert told["event"] == "left_behind_deleted"
    assert set(told["files"]) == {"rasa.db", "rasa.db-wal", "rasa.db-shm"}


def test_where_nothing_was_left_nothing_is_said(serve, tmp_path: Path):
    a_model(tmp_path)

    assert "left_behind" not in serve().stderr


def test_a_file_that_cannot_be_deleted_is_named_and_keeps_nobody_from_calling(serve, tmp_path: Path):
    """删不掉也照常启动，但要说清楚是哪个文件。"""
    a_model(tmp_path)
    (tmp_path / "rasa.db").mkdir()

    done = serve()

    assert "rasa ended while starting" in done.stderr
    (told,) = (event for event in events(done.stderr) if event["event"].startswith("left_behind"))
    assert (told["event"], list(told["files"])) == ("left_behind_not_deleted", ["rasa.db"])


def test_a_start_that_is_refused_changes_nothing(serve, tmp_path: Path):
    (tmp_path / "rasa.db").write_bytes(b"sealed words")

    assert "no trained dialogue model" in serve().stderr

    assert (tmp_path / "rasa.db").exists()
