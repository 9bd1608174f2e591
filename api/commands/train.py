"""`hotline train`: trains the Rasa model from bot/ and config.yml."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from api.settings import PROJECT_ROOT, Settings

INPUTS = ("bot/domain", "bot/data", "bot/dictionary", "bot/components", "bot/requirements.lock", "config.yml")


def train(
    force: Annotated[bool, typer.Option("--force", help="Train even if nothing has changed.")] = False,
) -> None:
    """Train the dialogue model, unless the trained one is up to date already. Takes about half a minute."""
    settings = Settings()
    if not force and not is_stale(settings):
        typer.echo("The dialogue model is up to date.")
        return
    if not settings.rasa_python.exists():
        typer.echo("hotline: Rasa's environment is missing. Run: make setup", err=True)
        raise typer.Exit(1)
    typer.echo("Training the dialogue model / 正在训练对话模型 …")
    models = settings.model_path.parent
    models.mkdir(parents=True, exist_ok=True)
    if subprocess.run(_command(settings, models), cwd=PROJECT_ROOT, env=_environment(settings)).returncode:
        typer.echo(
            "hotline: training failed; the lines above say where. The old model is still in use.", err=True
        )
        raise typer.Exit(1)
    os.replace(models / "next.tar.gz", settings.model_path)
    _stamp(settings).write_text(json.dumps({"inputs": _fingerprint()}))
    typer.echo(f"Trained: {settings.model_path}")


def is_stale(settings: Settings) -> bool:
    """Whether the model is missing or was trained from other files than today's."""
    try:
        trained_from = json.loads(_stamp(settings).read_text())["inputs"]
    except (OSError, ValueError, KeyError):
        return True
    return not settings.model_path.exists() or trained_from != _fingerprint()


def _command(settings: Settings, models: Path) -> list[str]:
    start = str(PROJECT_ROOT / "bot" / "start.py")
    return [
        *(str(settings.rasa_python), start, "train", "--config", "config.yml"),
        *("--domain", "bot/domain", "--data", "bot/data"),
        *("--out", str(models), "--fixed-model-name", "next", "--skip-validation"),
    ]


def _environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(PROJECT_ROOT),
        "RASA_CACHE_DIRECTORY": str(settings.data_dir.absolute() / "rasa-cache"),
        "LOG_LEVEL": "WARNING",
    }


def _stamp(settings: Settings) -> Path:
    return settings.model_path.with_suffix(".json")


def _fingerprint() -> str:
    """A hash over the names and bytes of everything the model is trained from."""
    digest = hashlib.sha256()
    for name in INPUTS:
        place = PROJECT_ROOT / name
        files = sorted(f for f in place.rglob("*") if f.is_file()) if place.is_dir() else [place]
        for file in files:
            if "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(PROJECT_ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
