"""The trained bot on whole conversations, by `rasa test core`: what is heard, and what follows."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from api.settings import PROJECT_ROOT, Settings

STORIES = (
    Path(__file__).parent / "data" / "test_stories.yml"
)  # rasa reads what was said only from files named test_…
SECONDS = 400


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run the stories against the trained model; the text of those that went another way, "" if none did."""
    settings = Settings()
    if not settings.model_path.exists():
        pytest.skip("no trained dialogue model: run `hotline train`")
    out = tmp_path_factory.mktemp("stories")
    done = subprocess.run(
        [
            *(str(settings.rasa_python), str(PROJECT_ROOT / "bot" / "start.py"), "test", "core"),
            *("--model", str(settings.model_path), "--stories", str(STORIES), "--e2e"),
            *("--out", str(out), "--no-plot"),
        ],
        cwd=out,
        env={**os.environ, "LOG_LEVEL": "WARNING", "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads((out / "story_report.json").read_text("utf-8"))
    assert report["conversation_accuracy"]["total"] >= 20
    return (out / "failed_test_stories.yml").read_text("utf-8")


def test_every_story_goes_as_written(failed: str):
    """二十几段对话：打断、更正、取消、催办、闲聊，听得对，接得对。"""
    assert "story" not in failed, failed
