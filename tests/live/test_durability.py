"""杀进程、停 Rasa：说过的不丢，答应的算数，热线不断。"""

import os
import shutil
import signal
import sqlite3
import subprocess

import httpx
import pytest

from tests.conftest import (
    Citizen,
    children_of,
    free_port,
    hotline_program,
    is_ready,
    is_running,
    prepare_data,
    start_hotline,
    stop_hotline,
    wait_until,
)
from tests.live.test_dialogue import REQUEST


@pytest.fixture(scope="module")
def breakable(indexed_data, tmp_path_factory):
    """A hotline of our own that these tests may break; it always comes back by itself."""
    folder = tmp_path_factory.mktemp("breakable")
    prepare_data(folder)
    shutil.copytree(indexed_data / "knowledge", folder / "knowledge")
    running = start_hotline(folder, HOTLINE_RASA_TIMEOUT="2.5")
    yield running
    stop_hotline(running)


def test_a_kill_between_confirmation_and_the_next_request_loses_nothing(breakable):
    """确认之后立刻 kill -9：工单、对话都在，重发同一句得到同一个编号。"""
    citizen = Citizen(breakable.base_url)
    for message in REQUEST:
        citizen.say(message)
    filed = citizen.say("确认", "the-yes")

    os.kill(breakable.child("api"), signal.SIGKILL)

    wait_until(lambda: is_ready(breakable.base_url), 120)
    assert citizen.say("确认", "the-yes") == filed
    assert filed["ticket_number"] in breakable.command("tickets", "list", "--json")
    assert "确认" in [m["text"] for m in citizen.transcript()]


def test_a_request_half_taken_down_goes_on_after_everything_was_killed(breakable):
    """登记到一半整机断电：回来接着问，不用从头说。"""
    citizen = Citizen(breakable.base_url)
    for message in REQUEST[:3]:
        citizen.say(message)

    for part in ("api", "rasa"):
        os.kill(breakable.child(part), signal.SIGKILL)
    wait_until(lambda: is_ready(breakable.base_url), 150)

    confirm = citizen.say(REQUEST[3])["messages"][-1]["text"]
    for said in ("洞口县高沙镇", "石海", "13712340001"):
        assert said in confirm


def test_no_word_of_a_citizen_lies_in_the_open_on_disk(breakable):
    """对话、工单、Rasa 的记录在磁盘上都是加密的。"""
    citizen = Citizen(breakable.base_url)
    for message in REQUEST:
        citizen.say(message)
    citizen.say("确认")

    written = [p for p in breakable.data_dir.rglob("*") if p.is_file() and "knowledge" not in p.parts]
    for secret in ("13712340001", "石海"):
        for form in (secret.encode(), secret.encode("unicode_escape")):
            assert [p.name for p in written if form in p.read_bytes()] == []


def test_while_rasa_is_stopped_the_hotline_still_answers_and_takes_requests(breakable):
    """Rasa 停机：/readyz 说得出来，问政策照答，求助照记。"""
    rasa = breakable.child("rasa")
    citizen, asker = Citizen(breakable.base_url), Citizen(breakable.base_url)
    citizen.say(REQUEST[0])
    os.kill(rasa, signal.SIGSTOP)
    try:
        ready = httpx.get(f"{breakable.base_url}/readyz", timeout=10)
        assert ready.status_code == 503
        assert not ready.json()["parts"]["rasa"]["ready"]

        assert asker.say("临时救助怎么申请")["messages"][0]["citations"]
        for message in REQUEST[1:]:
            assert citizen.say(message)["outcome"] == "intake"
        turn = citizen.say("确认")
        assert turn["outcome"] == "ticket_filed"
    finally:
        os.kill(rasa, signal.SIGKILL)
    assert turn["ticket_number"] in breakable.command("tickets", "list", "--json")
    wait_until(lambda: is_ready(breakable.base_url), 120)


def test_when_rasa_is_back_it_goes_on_with_what_the_stand_in_heard(breakable):
    """顶班记到一半，Rasa 回来接着问下一项，不从头问。"""
    citizen = Citizen(breakable.base_url)
    rasa = breakable.child("rasa")
    os.kill(rasa, signal.SIGSTOP)
    try:
        citizen.say(REQUEST[0])
        citizen.say(REQUEST[1])
    finally:
        os.kill(rasa, signal.SIGKILL)
    wait_until(lambda: is_ready(breakable.base_url), 120)

    citizen.say("你好")
    citizen.say(REQUEST[2])
    confirm = citizen.say(REQUEST[3])["messages"][-1]["text"]

    for said in ("洞口县高沙镇", "石海", "13712340001", "失火"):
        assert said in confirm


def test_every_message_is_stored_before_it_is_answered(breakable):
    """收到即存：即使答复之前进程没了，话也还在，重发后得到答复。"""
    citizen = Citizen(breakable.base_url)
    citizen.say("在吗")  # Rasa is trusted again after the test before
    rasa = breakable.child("rasa")
    os.kill(rasa, signal.SIGSTOP)
    with pytest.raises(httpx.ReadTimeout):
        url = f"{breakable.base_url}/v1/conversations/{citizen.id}/messages"
        httpx.post(url, json={"text": "你好", "client_message_id": "x"}, headers=citizen.headers, timeout=1)
    os.kill(breakable.child("api"), signal.SIGKILL)
    os.kill(rasa, signal.SIGKILL)
    wait_until(lambda: is_ready(breakable.base_url), 150)

    assert [m["text"] for m in citizen.transcript() if m["role"] == "citizen"] == ["在吗", "你好"]
    assert citizen.say("你好", "x")["messages"]
    assert [m["text"] for m in citizen.transcript() if m["role"] == "citizen"] == ["在吗", "你好"]


def test_a_taken_port_is_one_clear_sentence(breakable):
    port = breakable.base_url.rpartition(":")[2]
    done = subprocess.run(
        [hotline_program(), "serve"], env=breakable.environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        f"port {port} is taken by another program. Stop it, or choose another: HOTLINE_PORT=8080"
    )


def test_a_missing_or_broken_model_is_one_clear_sentence(breakable, tmp_path):
    environment = {
        **breakable.environment,
        "HOTLINE_DATA_DIR": str(tmp_path),
        "HOTLINE_PORT": str(free_port()),
    }

    def serve():
        return subprocess.run(
            [hotline_program(), "serve"], env=environment, capture_output=True, text=True, check=False
        )

    assert "Run: hotline train" in serve().stderr
    prepare_data(tmp_path)
    (tmp_path / "models" / "bot.tar.gz").write_bytes(b"not a model")
    broken = serve()
    assert broken.returncode == 1
    assert "hotline train --force" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_a_killed_parent_leaves_no_process_behind(breakable):
    """kill -9 父进程后，api 和 Rasa 都不能留下来占着端口。"""
    children = [pid for pid, _ in children_of(breakable.process.pid)]
    assert len(children) == 2

    breakable.process.kill()
    breakable.process.wait()

    wait_until(lambda: not any(is_running(pid) for pid in children), 20)


def test_the_database_file_is_sound_after_all_this(breakable):
    with sqlite3.connect(breakable.data_dir / "hotline.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
