"""`hotline knowledge train-embedder`."""

from pathlib import Path

import numpy as np
import typer
from typer.testing import CliRunner

from api.commands.train_embedder import train_embedder
from knowledge.embedding import load_local

LAW = """# 某某救助办法

第一条 共同生活的家庭成员人均收入低于当地最低生活保障标准的家庭，给予最低生活保障。

第二条 申请最低生活保障，由共同生活的家庭成员向户籍所在地的乡镇人民政府提出书面申请。
"""

app = typer.Typer()
app.command()(train_embedder)


def _run(*arguments: str | Path | int):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_it_trains_a_model_that_loads(tmp_path: Path):
    laws, out = tmp_path / "laws", tmp_path / "out"
    laws.mkdir()
    (laws / "a.md").write_text(LAW, encoding="utf-8")

    done = _run("--laws", laws, "--domain", laws, "--out", out, "--steps", 2, "--dims", 16)

    assert done.exit_code == 0, done.output
    vectors = load_local(out).encode(["怎么吃低保"], normalize_embeddings=True)
    assert vectors.shape == (1, 16)
    assert np.isfinite(vectors).all() and vectors.any()


def test_a_folder_without_laws_is_named(tmp_path: Path):
    (tmp_path / "laws").mkdir()

    done = _run("--laws", tmp_path / "laws", "--domain", tmp_path / "laws", "--out", tmp_path / "out")

    assert done.exit_code == 1
    assert "laws" in done.output
    assert not (tmp_path / "out").exists()
