"""上传的文件先放在一边：名字、大小、数量、顺序、谁的，都不由着来的人。"""

import os
import time
from pathlib import Path

import pytest

from api.editing import uploads as module
from api.editing.remembered import Remembered
from api.editing.uploads import MOST_BYTES, MOST_FILES, UnknownUpload, UploadRefused, Uploads, harmless


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "work" / "uploads")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/etc/cron.d/x", "x"),
        ("社会救助暂行办法(2019-03-02).md", "社会救助暂行办法(2019-03-02).md"),
        ("a\x00b.txt", "ab.txt"),
        ("a\u202egpj.exe", "agpj.exe"),
        (".htaccess", "htaccess"),
        ("~$锁.docx", "锁.docx"),
        ("..", "file-1"),
        ("", "file-1"),
        ("a\nb.txt", "ab.txt"),
        ("<script>.md", "script.md"),
    ],
)
def test_a_file_name_is_made_harmless(sent: str, kept: str):
    assert harmless(sent, 0) == kept


def test_a_very_long_name_keeps_its_suffix_and_fits_every_file_system():
    kept = harmless("救" * 400 + ".docx", 0)

    assert kept.endswith(".docx") and len(kept.encode()) <= 200


def test_pieces_are_put_together_and_the_same_piece_twice_does_nothing_twice(uploads: Uploads):
    upload = uploads.open("甲")
    uploads.put(upload, "甲", 0, "a.txt", 0, b"abc")
    uploads.put(upload, "甲", 0, "a.txt", 3, b"def")
    uploads.put(upload, "甲", 0, "a.txt", 3, b"def")
    uploads.put(upload, "甲", 1, "a.txt", 0, b"other")

    files = uploads.find(upload).files

    assert [(path.name, path.read_bytes()) for path in files] == [("a.txt", b"abcdef"), ("a.txt", b"other")]
    assert all(path.is_relative_to(uploads.folder / upload) for path in files)


@pytest.mark.parametrize(
    ("number", "at", "piece", "why"),
    [
        (0, 4, b"x", "piece_missing"),
        (0, MOST_BYTES, b"x", "file_too_large"),
        (0, -1, b"x", "file_too_large"),
        (MOST_FILES, 0, b"x", "too_many_files"),
        (-1, 0, b"x", "too_many_files"),
    ],
)
def test_pieces_that_leave_a_gap_or_grow_too_large_are_refused(uploads, number, at, piece, why):
    upload = uploads.open("甲")
    uploads.put(upload, "甲", 0, "a.txt", 0, b"abc")

    with pytest.raises(UploadRefused) as refused:
        uploads.put(upload, "甲", number, "a.txt", at, piece)

    assert refused.value.code == why


def test_an_upload_as_a_whole_has_a_limit(uploads: Uploads, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_TOTAL", 10)
    upload = uploads.open("甲")
    uploads.put(upload, "甲", 0, "a", 0, b"12345678")

    with pytest.raises(UploadRefused, match="upload_too_large"):
        uploads.put(upload, "甲", 1, "b", 0, b"123")


def test_nobody_writes_into_the_upload_of_somebody_else(uploads: Uploads):
    upload = uploads.open("甲")

    with pytest.raises(UnknownUpload):
        uploads.put(upload, "乙", 0, "a.txt", 0, b"x")

    assert uploads.find(upload).files == ()


@pytest.mark.parametrize("name", ["../jobs", "u" + "0" * 32, "", "u/../../x", "U" + "a" * 32])
def test_names_that_are_no_uploads_find_and_delete_nothing(uploads: Uploads, tmp_path: Path, name: str):
    precious = tmp_path / "work" / "jobs" / "owner"
    precious.parent.mkdir(parents=True)
    precious.write_text("x")

    for do in (uploads.find, uploads.discard):
        with pytest.raises(UnknownUpload):
            do(name)

    assert precious.exists()


def test_old_uploads_go_and_too_many_are_refused(uploads: Uploads, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_UPLOADS", 2)
    old, _ = uploads.open("甲"), uploads.open("甲")
    with pytest.raises(UploadRefused, match="too_many_uploads"):
        uploads.open("乙")
    past = time.time() - module.KEPT_SECONDS - 1
    os.utime(uploads.folder / old, (past, past))

    uploads.open("乙")

    with pytest.raises(UnknownUpload):
        uploads.find(old)


def test_what_takes_seconds_is_made_once_a_minute_for_the_same_question():
    made: list[int] = []
    kept = Remembered(seconds=0.2)

    def make() -> int:
        made.append(1)
        return len(made)

    assert [kept.get("a", make), kept.get("a", make), kept.get("b", make)] == [1, 1, 2]
    time.sleep(0.25)
    assert kept.get("b", make) == 3
