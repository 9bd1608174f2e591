"""真实的一通求助走完全程：日志、屏幕输出、指标、数据库、备份里，都找不到这个人说过的一个字。"""

import base64
import json
import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.conftest import (
    Citizen,
    LiveHotline,
    hotline_program,
    is_ready,
    prepare_data,
    start_hotline,
    stop_hotline,
    wait_until,
)

NAME, PHONE, ID_NUMBER = "欧阳雪芹", "13712340753", "430525196408171226"
DOOR, WORDS = "枫木团苗寨七组", "锅底砸穿了的红薯窖"
SAID = (
    f"我要登记求助，家里没有收入，靠{WORDS}过日子",
    f"邵阳市洞口县高沙镇{DOOR}",
    f"就是我自己，我叫{NAME}，身份证{ID_NUMBER}",
    PHONE,
)
PERSON = (NAME, PHONE, ID_NUMBER, DOOR)  # what is masked wherever the matter itself may be read
SECRETS = (NAME, PHONE, ID_NUMBER, DOOR, WORDS, WORDS[-4:], f"{PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}")


pytestmark = pytest.mark.timeout(600)  # one hotline is started for all of them


@pytest.fixture(scope="module")
def spoken_to(indexed_data: Path, tmp_path_factory: pytest.TempPathFactory):
    """A hotline that logs all it can, to which somebody told everything about herself; gives her too."""
    folder = tmp_path_factory.mktemp("spoken")
    prepare_data(folder)
    os.symlink(indexed_data / "knowledge", folder / "knowledge")
    os.environ["HOTLINE_LOG_LEVEL"] = "DEBUG"
    try:
        hotline = start_hotline(folder)
    finally:
        del os.environ["HOTLINE_LOG_LEVEL"]
    yield hotline, *_everything_is_told(hotline)
    stop_hotline(hotline)


def _everything_is_told(hotline: LiveHotline) -> tuple[Citizen, str]:
    """File a request, ask for policy, follow it up, break things; then all that an office does with it."""
    citizen = Citizen(hotline.base_url)
    for said in SAID:
        citizen.say(said)
    number = citizen.say("确认")["ticket_number"]
    assert number
    citizen.say(f"我{NAME}的低保怎么办理？")
    citizen.say(f"帮我查工单{number}，电话{PHONE}")
    citizen.say(f"我叫{NAME}，不想活了，电话{PHONE}")
    key = hotline.command("keys", "add", "desktop", "--role", "supervisor").strip()
    http = httpx.Client(base_url=hotline.base_url, headers={"Authorization": f"Bearer {key}"})
    http.post("/v1/answers", json={"question": f"{NAME}{PHONE}{WORDS}怎么办"})
    http.post(f"/v1/conversations/{PHONE}/messages", json={"text": NAME})
    http.get("/v1/tickets", params={"phone": PHONE})
    http.get(f"/v1/tickets/{NAME}")
    http.post("/v1/tickets", content=f'{{"description": "{NAME}{PHONE}"')
    http.post(f"/v1/tickets/{number}/no-such-move", json={"reason": f"{NAME}{PHONE}"})
    rasa = hotline.child("rasa")
    os.kill(rasa, signal.SIGSTOP)
    Citizen(hotline.base_url).say(f"我叫{NAME}，{WORDS}怎么办？")
    os.kill(rasa, signal.SIGCONT)
    wait_until(lambda: is_ready(hotline.base_url), 120)
    hotline.command("privacy", "retention", "--dry-run")
    hotline.command("backup", str(hotline.data_dir / "backup.tar"))
    return citizen, number


def _forms(secret: str) -> set[bytes]:
    """The ways in which a text may be written: plain, escaped, percent-encoded, base64, UTF-16, GBK."""
    plain = secret.encode()
    coded = base64.b64encode(plain).rstrip(b"=")
    return {
        plain,
        secret.encode("unicode_escape"),
        json.dumps(secret)[1:-1].encode(),
        b"".join(b"%%%02X" % byte for byte in plain),
        b"".join(b"%%%02x" % byte for byte in plain),
        coded[: len(coded) // 4 * 4],
        secret.encode("utf-16-le"),
        secret.encode("gbk"),
    }


def _found(content: bytes) -> list[str]:
    return [secret for secret in SECRETS if any(form in content for form in _forms(secret))]


def _written(folder: Path) -> list[Path]:
    """Everything the hotline wrote: databases with their WAL, logs, backups."""
    made = [path for path in folder.rglob("*") if path.is_file() and "models" not in path.parts]
    assert {"hotline.db", "serve.log", "rasa.log", "backup.tar"} <= {p.name for p in made}
    return made


def test_the_search_would_find_what_it_looks_for(spoken_to, tmp_path: Path):
    """先证明这把尺子量得出来：同样的话明文写进 SQLite，就找得到。"""
    path = tmp_path / "open.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE said (words TEXT)")
        db.executemany("INSERT INTO said VALUES (?)", [(secret,) for secret in SECRETS])

    assert _found(path.read_bytes()) == list(SECRETS)
    assert _found(json.dumps(SECRETS).encode()) == list(SECRETS)


def test_what_she_said_really_arrived(spoken_to):
    hotline, citizen, number = spoken_to

    shown = hotline.command("tickets", "show", number, "--reveal", "核对", "--json")

    assert all(secret in shown for secret in (NAME, PHONE, DOOR, WORDS))
    assert f"我{NAME}的低保怎么办理？" in [message["text"] for message in citizen.transcript()]


def test_nothing_that_was_written_holds_a_word_of_her_in_the_open(spoken_to):
    hotline, *_ = spoken_to

    found = {path.name: words for path in _written(hotline.data_dir) if (words := _found(path.read_bytes()))}

    assert found == {}


def test_the_metrics_count_without_naming(spoken_to):
    hotline, *_ = spoken_to

    metrics = httpx.get(f"{hotline.base_url}/metrics").content

    assert b"hotline_turns_total" in metrics
    assert _found(metrics) == []


def test_the_log_tells_what_happened_all_the_same(spoken_to):
    """没有个人信息，但看得出发生了什么：每句话一行结果，出过什么事。"""
    hotline, *_ = spoken_to

    log = (hotline.data_dir / "serve.log").read_text("utf-8")

    assert log.count('"turn_answered"') >= len(SAID) + 4
    assert '"danger_seen"' in log and '"engine_unavailable"' in log


def test_what_commands_print_is_masked(spoken_to):
    hotline, _, number = spoken_to

    for arguments in (["list"], ["list", "--json"], ["show", number], ["export", "--out", "-"]):
        done = subprocess.run(
            [hotline_program(), "tickets", *arguments],
            env=hotline.environment,
            capture_output=True,
            check=True,
        )
        assert number.encode() in done.stdout
        assert not set(_found(done.stdout + done.stderr)) & set(PERSON), arguments


def test_keys_are_rotated_under_a_running_hotline_and_a_half_told_request_goes_on(spoken_to):
    """热线开着换钥匙：api 和 Rasa 都不重启，登记到一半的接着说，旧的照样查得到。"""
    hotline, _, number = spoken_to
    newcomer = Citizen(hotline.base_url)
    for said in SAID[:3]:
        newcomer.say(said)
    children = {part: hotline.child(part) for part in ("api", "rasa")}

    rotated = json.loads(hotline.command("privacy", "rotate-key", "--json"))
    hotline.command("privacy", "rotate-key", "--json")
    hotline.command("privacy", "rotate-key", "--drop-old")

    assert rotated["resealed"]["open_forms"] > 0 and not rotated["unreadable"]
    asked = newcomer.say(SAID[3])
    assert NAME in asked["messages"][-1]["text"]
    assert newcomer.say("确认")["ticket_number"]
    assert NAME in hotline.command("tickets", "show", number, "--reveal", "核对", "--json")
    assert {part: hotline.child(part) for part in ("api", "rasa")} == children
