"""评测命令对着真的热线跑：运行中的一台，和命令自己临时开的一台。"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from api.settings import Settings
from tests.conftest import LiveHotline, hotline_program, is_running

SETS = Path(__file__).parent.parent / "api" / "data"
CRISIS, DIALOGUES = SETS / "evaluation_crisis.jsonl", SETS / "evaluation_dialogues.jsonl"


@pytest.fixture(scope="module")
def key(hotline: LiveHotline) -> str:
    return hotline.command("keys", "add", "evaluation", "--role", "supervisor").strip()


def test_dialogues_are_played_with_a_running_hotline_and_leave_no_open_ticket(hotline: LiveHotline, key: str):
    told = hotline.command(
        "evaluate", "dialogues", str(DIALOGUES), "--url", hotline.base_url, "--key", key, "--json"
    )

    figures = json.loads(told)
    assert figures["total"]["dialogues"] == 8
    assert figures["total"]["final_state"] >= 0.8, figures["misses"]
    assert figures["fields"]["right"]["phone"] >= 0.7, figures["misses"]
    assert figures["must_not"]["not_checked"] == [{"id": "d03", "phrase": "说方言", "check": None}]
    numbers = {t["number"] for miss in figures["misses"] for t in miss["tickets"] if t["number"]}
    opened = {t["number"] for t in json.loads(hotline.command("tickets", "list", "--json"))}
    withdrawn = json.loads(hotline.command("tickets", "list", "--status", "withdrawn", "--json"))
    assert numbers & opened <= {t["number"] for t in withdrawn}
    assert len(withdrawn) >= 4


def test_dangers_are_counted_with_the_person_that_is_called(hotline: LiveHotline, key: str):
    told = hotline.command(
        "evaluate", "crisis", str(CRISIS), "--url", hotline.base_url, "--key", key, "--json"
    )

    figures = json.loads(told)
    assert figures["total"]["messages"] == 20
    assert figures["by"]["fire_flood_trapped"]["recall"] == 1.0
    assert figures["by"]["ordinary"]["false_alarms"] == 0.0


def run(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOTLINE_DATA_DIR": str(data)}
    return subprocess.run(
        [hotline_program(), "evaluate", *arguments], env=environment, capture_output=True, text=True
    )


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def processes_with(text: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if text.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return [pid for pid in found if is_running(pid)]


def test_without_a_url_a_hotline_is_started_and_ended_and_the_data_folder_stays_as_it_was(
    indexed_data: Path, hotline: LiveHotline, tmp_path: Path
):
    """临时热线有自己的空数据库，用完就关，原来的数据文件夹一个字节都不动。"""
    lent = {part: state_of(indexed_data / part) for part in ("models", "knowledge")}
    one = tmp_path / "one.jsonl"
    one.write_text(DIALOGUES.read_text("utf-8").splitlines()[0], "utf-8")

    done = run(indexed_data, "dialogues", str(one), "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"]["final_state"] == 1.0
    assert {part: state_of(indexed_data / part) for part in lent} == lent
    assert processes_with("/hotline-evaluation-") == []


@pytest.mark.parametrize("command", ["dialogues", "crisis"])
def test_a_missing_model_or_index_is_one_clear_sentence(tmp_path: Path, command: str):
    file = {"dialogues": DIALOGUES, "crisis": CRISIS}[command]

    without_model = run(tmp_path, command, str(file))
    assert without_model.returncode == 1
    assert "hotline train" in without_model.stderr

    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "bot.tar.gz").symlink_to(Settings().model_path)
    without_index = run(tmp_path, command, str(file))
    assert without_index.returncode == 1
    assert "hotline knowledge build" in without_index.stderr
    assert "Traceback" not in without_model.stderr + without_index.stderr


def test_a_hotline_that_does_not_answer_and_a_missing_key_are_one_clear_sentence(tmp_path: Path):
    nobody = run(tmp_path, "crisis", str(CRISIS), "--url", "http://127.0.0.1:9")
    keyless = run(tmp_path, "dialogues", str(DIALOGUES), "--url", "http://127.0.0.1:9")

    assert (nobody.returncode, keyless.returncode) == (1, 1)
    assert "does not answer" in nobody.stderr
    assert "--key" in keyless.stderr
    assert "Traceback" not in nobody.stderr + keyless.stderr
