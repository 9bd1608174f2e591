"""bot/start.py as the real thing: processes start and are killed, and Rasa's own code checks the replies."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.settings import Settings

PROJECT_ROOT = Path(__file__).parents[2]

# A parent that starts a child; the child watches the parent. Left alone, both sleep for long.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())], stdout=subprocess.PIPE)
child.stdout.readline()
print("child is watching", flush=True)
time.sleep(120)
"""
CHILD = """
import os, sys, time
sys.path.insert(0, "bot")
import start
{before}
start.stop_with(int(sys.argv[1]))
print("watching", flush=True)
time.sleep(120)
"""
WITHOUT_PIDFD = "os.__dict__.pop('pidfd_open', None)"
DEAF_TO_SIGTERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); start.GRACE_SECONDS = 0.2"


@pytest.mark.parametrize(
    "before", ["", WITHOUT_PIDFD, DEAF_TO_SIGTERM], ids=["linux", "elsewhere", "hanging"]
)
def test_a_process_ends_when_its_parent_is_killed(before: str):
    """上级进程被强行杀掉后，不留下占着端口的 Rasa。"""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD.format(before=before)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=PROJECT_ROOT,
    )
    assert parent.stdout and parent.stdout.readline() == b"child is watching\n"

    parent.kill()

    # the child writes to the same stderr: it closes when both are gone
    parent.communicate(timeout=5)


def test_a_process_whose_parent_is_gone_already_does_not_stay():
    """启动途中上级已经没了，也要退出。"""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    child = subprocess.run(
        [sys.executable, "-c", CHILD.format(before=""), str(gone.pid)], cwd=PROJECT_ROOT, timeout=30
    )

    assert child.returncode != 0


CHECK_REPLIES = """
import sys
sys.path.insert(0, "bot")
import start
start.compile_action_schema()
import jsonschema
from rasa.core.actions.action import RemoteAction
action = RemoteAction("action_answer_policy", None)
slot_set = {"event": "slot", "name": "matter", "value": "x"}
action._validate_action_result({"events": [slot_set], "responses": []})
for wrong in ({"events": [{"event": "no such event"}]}, {"responses": "text"}, []):
    try:
        action._validate_action_result(wrong)
    except jsonschema.ValidationError:
        continue
    sys.exit(f"accepted {wrong}")
"""


def test_a_malformed_action_reply_is_still_refused():
    """动作回执的格式检查只是变快了，没有变松。"""
    rasa_python = Settings().rasa_python

    done = subprocess.run(
        [rasa_python, "-W", "ignore", "-c", CHECK_REPLIES], cwd=PROJECT_ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


LOG_SOMETHING = """
import logging, sys
sys.path.insert(0, "bot")
import start
start.keep_words_out_of_logs()
from rasa.utils.log_utils import configure_structlog
configure_structlog(logging.WARNING)
import structlog
log = structlog.get_logger()
said = "欧阳雪芹"
log.error("rest.message.received.timeout", text=said, event_info=f"{said} waited")
try:
    raise ValueError(said)
except ValueError:
    log.exception("rest.message.received.failure", text=said)
"""


def test_rasas_log_names_what_happened_and_not_what_was_said():
    """答得太慢或者出错时，Rasa 会把原话和变量写进日志：只留事件和错误的名字。"""
    done = subprocess.run(
        [Settings().rasa_python, "-W", "ignore", "-c", LOG_SOMETHING],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    logged = done.stdout + done.stderr
    assert "rest.message.received.timeout" in logged and "rest.message.received.failure" in logged
    assert "ValueError" in logged
    assert "欧阳" not in logged and "\\u6b27" not in logged
