"""文件夹：隐藏文件和程序留下的东西不读，管道、死循环链接、没有权限的说清楚，空文件夹也要说。"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.ingestion import IngestedDocument, files_under, ingest_all

LAW = "某办法\n第一条 一。\n"
NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "库").mkdir()
    (tmp_path / "库" / "好.md").write_text(LAW, "utf-8")
    return tmp_path / "库"


@pytest.fixture
def without_privileges(tmp_path: Path) -> Iterator[None]:
    """The administrator may read everything, so the tests of permissions run as somebody else."""
    if os.geteuid() != 0:
        yield
        return
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == 0 and path != Path("/") and path != Path("/tmp"):
            path.chmod(path.stat().st_mode | 0o055)
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


def refusals(*paths: Path) -> dict[str, str | None]:
    results = [r for r in ingest_all(paths) if not isinstance(r, IngestedDocument)]
    return {Path(r.source_file).name: r.refused for r in results}


def names(*paths: Path) -> list[str]:
    return [path.name for path in files_under(paths)]


def test_what_programs_leave_lying_about_is_left_out_silently(folder: Path):
    for name in (".隐藏.md", "~$好.docx", "Thumbs.db", "desktop.ini", ".DS_Store"):
        (folder / name).write_text(LAW, "utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "一.md").write_text(LAW, "utf-8")

    assert names(folder) == ["好.md"]


def test_files_come_in_the_order_of_their_names(folder: Path):
    for name in ("b/2.md", "b/1.md", "a.md", "b.md"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(LAW, "utf-8")

    assert [path.relative_to(folder).as_posix() for path in files_under([folder])] == [
        "a.md", "b/1.md", "b/2.md", "b.md", "好.md",
    ]  # fmt: skip


def test_links_that_lead_in_a_circle_end(folder: Path):
    (folder / "圈").symlink_to(folder)
    (folder / "深").mkdir()
    (folder / "深" / "回").symlink_to(folder.parent)

    assert names(folder).count("好.md") == 1


def test_a_link_to_a_folder_is_followed(folder: Path, tmp_path: Path):
    (tmp_path / "别处").mkdir()
    (tmp_path / "别处" / "远.md").write_text(LAW, "utf-8")
    (folder / "链").symlink_to(tmp_path / "别处")

    assert sorted(names(folder)) == ["好.md", "远.md"]


def test_broken_and_circular_file_links_are_refused(folder: Path):
    (folder / "断链.md").symlink_to(folder / "没有.md")
    (folder / "自己.md").symlink_to(folder / "自己.md")

    assert refusals(folder) == {"断链.md": "cannot_open", "自己.md": "cannot_open"}


def test_a_pipe_does_not_hang_the_batch(folder: Path):
    os.mkfifo(folder / "管道.md")

    assert refusals(folder) == {"管道.md": "not_a_file"}
    assert len(list(ingest_all([folder]))) == 2


def test_files_and_folders_without_permission_are_refused(folder: Path, without_privileges: None):
    os.seteuid(0) if os.getuid() == 0 else None
    (folder / "锁.md").write_text(LAW, "utf-8")
    (folder / "锁着").mkdir()
    (folder / "锁.md").chmod(0)
    (folder / "锁着").chmod(0)
    os.seteuid(NOBODY) if os.getuid() == 0 else None

    assert refusals(folder) == {"锁.md": "cannot_open", "锁着": "cannot_open"}


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path):
    assert refusals(tmp_path / "没有.md") == {"没有.md": "cannot_open"}


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path):
    assert list(refusals(tmp_path / ("长" * 200)).values()) == ["cannot_open"]


@pytest.mark.parametrize("inside", [None, ".隐藏.md", "空/"])
def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path, inside: str | None):
    (tmp_path / "空夹").mkdir()
    if inside == "空/":
        (tmp_path / "空夹" / "空").mkdir()
    elif inside:
        (tmp_path / "空夹" / inside).touch()

    assert refusals(tmp_path / "空夹") == {"空夹": "empty_folder"}


def test_a_file_far_down_is_found(folder: Path):
    deep = folder.joinpath(*"d" * 200)
    deep.mkdir(parents=True)
    (deep / "底.md").write_text(LAW, "utf-8")

    assert names(folder) == ["底.md", "好.md"]


def test_one_refused_file_does_not_stop_the_rest(folder: Path):
    (folder / "坏.md").write_bytes(b"\xff\xfe\x00")

    good, bad = sorted(ingest_all([folder]), key=lambda result: not isinstance(result, IngestedDocument))

    assert isinstance(good, IngestedDocument)
    assert not isinstance(bad, IngestedDocument)
    assert bad.refused == "cut_off"
