"""Start Rasa for this project: `python bot/start.py run|train|data|test …`, then Rasa's own arguments.

Five things differ from the plain `rasa` command:

* Telemetry is off, and the libraries' start-up chatter is silent, before Rasa is imported.
* The schema of an action's reply is compiled once. Rasa checks this constant schema again on every reply,
  and that check alone is more than half of the processor time of a message.
* Its log names events and errors without the values Rasa adds to them: those are what a citizen said.
* `run` opens Rasa's HTTP interface to whoever knows HOTLINE_RASA_TOKEN.
* With `--parent-pid N` (or HOTLINE_PARENT_PID) the process stops when process N ends, however it ends, so
  no Rasa is left behind holding the port.
"""

import argparse
import logging
import os
import select
import signal
import sys
import threading
import time
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

QUIET_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}
GRACE_SECONDS = 5.0
POLL_SECONDS = 0.5


def main(arguments: Sequence[str]) -> NoReturn:
    """Run one Rasa command and exit with its status."""
    own, for_rasa = _parser().parse_known_args(arguments)
    os.environ.update(QUIET_ENVIRONMENT)
    if own.parent_pid:
        stop_with(own.parent_pid)
    if for_rasa[:1] == ["run"]:
        os.umask(0o077)  # whatever Rasa may write is for its owner alone
        # Not on the command line, where every user of the machine could read it.
        for_rasa += ["--enable-api", f"--auth-token={os.environ['HOTLINE_RASA_TOKEN']}"]

    hide_library_notes()
    import jieba
    from rasa.__main__ import main as rasa  # pyright: ignore[reportMissingImports]

    jieba.setLogLevel(logging.WARNING)
    compile_action_schema()
    keep_words_out_of_logs()
    sys.argv = ["rasa", *for_rasa]
    sys.exit(rasa())


def hide_library_notes() -> None:
    """Drop deprecation notes meant for Rasa's authors, and TensorFlow's remark on TensorBoard."""
    show = warnings.showwarning

    # a warnings filter would not last: several libraries put their own in front
    def show_others(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if not issubclass(category, DeprecationWarning):
            show(message, category, *where, **more)

    warnings.showwarning = show_others
    logging.getLogger().addFilter(lambda record: "TensorBoard" not in record.getMessage())


def compile_action_schema() -> None:
    """Make Rasa check action replies with one compiled validator; it refuses what it refused before."""
    from jsonschema.validators import validator_for
    from rasa.core.actions.action import RemoteAction  # pyright: ignore[reportMissingImports]

    schema = RemoteAction.action_response_format_spec()
    validator_class = validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)

    def validate(_action: RemoteAction, result: Any) -> bool:
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate


def keep_words_out_of_logs() -> None:
    """Replace the first step of Rasa's logging, which exists for this purpose and does nothing by itself.

    Rasa logs the text of a message whose answer came too late or failed, and every traceback with the values
    of its variables. Kept are the event's name, the kind of error, and where it was raised.
    """
    from rasa.utils import log_utils  # pyright: ignore[reportMissingImports]

    log_utils._anonymizer = without_words


def without_words(_logger: Any, level: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Give a log entry without anything a citizen may have said (a structlog processor)."""
    kept = {"event": entry.get("event"), "exc_info": None}
    kind, _error, trace = sys.exc_info()
    if kind is not None and (level == "exception" or entry.get("exc_info")):
        kept["error"] = kind.__name__
        while trace and trace.tb_next:
            trace = trace.tb_next
        if trace:
            kept["raised_in"] = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
    return kept


def stop_with(parent_pid: int) -> None:
    """End this process soon after process `parent_pid` has ended; watched from a thread of its own.

    Not prctl(PR_SET_PDEATHSIG): that signal also comes when only the *thread* that started us ends, and it
    never comes when a shell stands between the parent and us.
    """
    threading.Thread(target=_leave_after, args=(parent_pid,), name="parent-watch", daemon=True).start()


def _leave_after(parent_pid: int) -> None:
    _wait_for_end_of(parent_pid)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)  # Rasa closes its store and ends; else we end it
    os._exit(1)


def _wait_for_end_of(pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)  # Linux: tells at once, and cannot be fooled by a reused number
    except ProcessLookupError:
        return
    except (AttributeError, OSError):
        _poll_until_gone(pid)
        return
    # poll, not select: Rasa may hold more than 1024 descriptors
    watch = select.poll()
    watch.register(handle, select.POLLIN)
    watch.poll()


def _poll_until_gone(pid: int) -> None:
    is_own_parent = os.getppid() == pid
    while _is_running(pid) and (not is_own_parent or os.getppid() == pid):
        time.sleep(POLL_SECONDS)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--parent-pid", type=int, default=int(os.environ.get("HOTLINE_PARENT_PID") or 0))
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
