"""The key file: made once, never damaged; of several keys the first seals; followed while it changes."""

import base64
import stat
import threading
from pathlib import Path

import pytest

from tickets.errors import Unreadable
from tickets.keyring import (
    KeyFile,
    MasterKey,
    keep_only_first,
    load_or_create_keys,
    new_key,
    parse_keys,
    put_in_front,
    read_keys,
)
from tickets.privacy import Sealer


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path):
    path = tmp_path / "keys" / "master.key"

    first = load_or_create_keys(path)

    assert load_or_create_keys(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]


def test_processes_that_start_together_get_the_same_key(tmp_path: Path):
    path = tmp_path / "master.key"
    keys: list[tuple[MasterKey, ...]] = []
    threads = [threading.Thread(target=lambda: keys.append(load_or_create_keys(path))) for _ in range(16)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 16
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", [b"", b"c2hvcnQ=", b"\xff\xfe\x00 not a key", b"A" * 43])
def test_a_damaged_key_file_is_never_replaced(tmp_path: Path, content: bytes):
    """换一把新钥匙，原来的工单就再也打不开了：宁可停下来说清楚。"""
    path = tmp_path / "master.key"
    path.write_bytes(content)

    with pytest.raises(Unreadable, match="restore it from the backup"):
        load_or_create_keys(path)

    assert path.read_bytes() == content


def test_the_key_file_of_an_older_version_is_a_ring_of_one(tmp_path: Path):
    path = tmp_path / "master.key"
    path.write_bytes(base64.b64encode(bytes(range(32))) + b"\n")

    assert read_keys(path) == (MasterKey.of(bytes(range(32))),)


def test_a_new_key_stands_in_front_and_the_file_before_is_kept(tmp_path: Path):
    path = tmp_path / "master.key"
    (old,), new = load_or_create_keys(path), new_key()

    kept = put_in_front(path, new)

    assert read_keys(path) == (new, old)
    assert read_keys(kept) == (old,)
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, kept)] == [0o600, 0o600]


def test_dropping_the_old_keys_leaves_the_sealing_one_and_a_copy(tmp_path: Path):
    path = tmp_path / "master.key"
    (old,), new = load_or_create_keys(path), new_key()
    put_in_front(path, new)

    kept = keep_only_first(path)

    assert read_keys(path) == (new,)
    assert read_keys(kept) == (new, old)


def test_a_running_process_takes_up_a_new_key_at_once(tmp_path: Path):
    """别的进程换了钥匙，运行中的热线不用重启：新密文读得到，自己也用新钥匙写。"""
    path = tmp_path / "master.key"
    load_or_create_keys(path)
    running = Sealer(KeyFile(path))
    before = running.seal("李秀英")

    new = new_key()
    put_in_front(path, new)

    assert running.open(Sealer(new.secret).seal("新的")) == "新的"
    assert running.seal("李秀英").startswith(f"v2.{new.id}.")
    assert running.open(before) == "李秀英"


@pytest.mark.parametrize("disturb", [lambda path: path.unlink(), lambda path: path.write_text("half a k")])
def test_a_key_file_that_is_gone_for_a_moment_does_not_stop_a_running_process(tmp_path: Path, disturb):
    path = tmp_path / "master.key"
    load_or_create_keys(path)
    running = Sealer(KeyFile(path))
    sealed = running.seal("李秀英")

    disturb(path)

    assert running.open(sealed) == "李秀英"


def test_keys_of_the_environment_stand_apart_by_commas_or_spaces():
    first, second = new_key(), new_key()

    assert parse_keys(f"{first.line}, {second.line}\n", "HOTLINE_MASTER_KEY") == (first, second)
    with pytest.raises(Unreadable, match="HOTLINE_MASTER_KEY holds something else"):
        parse_keys(first.line[:20], "HOTLINE_MASTER_KEY")


def test_a_key_does_not_show_itself():
    """日志里打印出对象来，也看不到密钥。"""
    key = new_key()

    assert key.line not in repr(key) and repr(key.secret) not in repr(key)
