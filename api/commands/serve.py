"""`hotline serve`: the api and Rasa together, until Ctrl-C."""

import os
import secrets
import shutil
import socket
import sys
import tarfile

import httpx
import typer

from api.commands.train import is_stale
from api.left_behind import delete_left_behind
from api.logs import configure_logs
from api.settings import PROJECT_ROOT, Settings
from api.supervision import Child, StartFailed, Supervisor

START_SECONDS = 240.0
LEAST_FREE_MIB = 200
# The model libraries fetch nothing and report nothing, whatever they are given to load.
NOTHING_FROM_OUTSIDE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


def serve() -> None:
    """Start the hotline, wait until it really answers, print the addresses. Ctrl-C stops everything."""
    settings = Settings()
    configure_logs(settings.log_level)
    try:
        check_before_start(settings)
        delete_left_behind(settings.data_dir)
        supervisor = Supervisor(_children(settings))
        typer.echo("Starting the api and Rasa / 正在启动 …")
        supervisor.start(START_SECONDS, lambda name: typer.echo(f"  {name}: ready"))
    except StartFailed as failure:
        typer.echo(f"hotline: {failure}", err=True)
        raise typer.Exit(1) from failure
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    base = f"http://{shown}:{settings.port}"
    typer.echo(
        f"\nThe hotline answers / 热线已就绪:\n  群众  citizens  {base}/\n  坐席  agents    {base}/console"
    )
    typer.echo(f"  接口  interface {base}/openapi.json")
    typer.echo("Ctrl-C stops it / 按 Ctrl-C 停止.")
    supervisor.run()
    typer.echo("Stopped / 已停止.")


def check_before_start(settings: Settings) -> None:
    """Look for what would make the start fail later and less clearly.

    Raises:
        StartFailed: with the remedy.
    """
    if not settings.rasa_python.exists():
        raise StartFailed(f"Rasa's environment is missing ({settings.rasa_python}). Run: make setup")
    if not settings.model_path.exists():
        raise StartFailed("there is no trained dialogue model. Run: hotline train")
    if not tarfile.is_tarfile(settings.model_path):
        raise StartFailed("the trained dialogue model is damaged. Run: hotline train --force")
    if is_stale(settings):
        typer.echo("note: bot/ or config.yml is newer than the trained model; `hotline train` takes it in.")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_dir).free // 2**20
    if free < LEAST_FREE_MIB:
        raise StartFailed(
            f"only {free} MiB are free in {settings.data_dir}; {LEAST_FREE_MIB} are needed. "
            "Make room, or set HOTLINE_DATA_DIR to another disk."
        )
    if not _is_free(settings.host, settings.port):
        raise StartFailed(
            f"port {settings.port} is taken by another program. Stop it, or choose another: HOTLINE_PORT=8080"
        )
    if settings.rasa_port and not _is_free("127.0.0.1", settings.rasa_port):
        raise StartFailed(
            f"port {settings.rasa_port} is taken. Leave HOTLINE_RASA_PORT unset to use a free one."
        )


def _children(settings: Settings) -> list[Child]:
    rasa_port = settings.rasa_port or _free_port()
    rasa_url = f"http://127.0.0.1:{rasa_port}"
    token, rasa_token = secrets.token_hex(24), secrets.token_hex(24)
    logs = settings.data_dir / "log"
    logs.mkdir(parents=True, exist_ok=True)
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    api = f"http://{host}:{settings.port}"
    return [
        Child(
            name="api",
            argv=[sys.executable, "-m", "api.process"],
            environment={
                "HOTLINE_RASA_URL": rasa_url,
                "HOTLINE_RASA_TOKEN": rasa_token,
                "HOTLINE_ACTIONS_TOKEN": token,
                **NOTHING_FROM_OUTSIDE,
            },
            ready=lambda: _answers(f"{api}/healthz"),
            remedy="The lines above say why; hotline doctor checks the installation.",
        ),
        Child(
            name="rasa",
            argv=rasa_command(settings, rasa_port),
            environment=rasa_environment(settings, f"http://127.0.0.1:{settings.port}", token, rasa_token),
            ready=lambda: _answers(f"{rasa_url}/status?token={rasa_token}"),
            remedy=f"If the model is broken, run: hotline train --force. Details: {logs / 'rasa.log'}",
            log_path=logs / "rasa.log",
        ),
    ]


def rasa_command(settings: Settings, port: int) -> list[str]:
    """Rasa's own environment, on loopback only, with the trained model."""
    bot = PROJECT_ROOT / "bot"
    return [
        *(str(settings.rasa_python), str(bot / "start.py"), "run", "-i", "127.0.0.1", "-p", str(port)),
        *("--model", str(settings.model_path), "--endpoints", str(bot / "endpoints.yml")),
        *("--credentials", str(bot / "credentials.yml")),
    ]


def rasa_environment(settings: Settings, api: str, token: str, rasa_token: str) -> dict[str, str]:
    """What bot/endpoints.yml needs; Rasa keeps nothing and so gets no keys."""
    return {
        "HOTLINE_ACTIONS_URL": f"{api}/actions/webhook",
        "HOTLINE_ACTIONS_TOKEN": token,
        "HOTLINE_RASA_TOKEN": rasa_token,
        "HOTLINE_MASTER_KEY": "",
        "PYTHONPATH": str(PROJECT_ROOT),
        "LOG_LEVEL": "WARNING",
        "NO_COLOR": "1",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
    }


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0).status_code == 200
    except httpx.HTTPError:
        return False
