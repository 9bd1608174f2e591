"""备份和恢复：运行中备份是完整的一刻；恢复到别处，每张工单都在；坏的、危险的都拦下。"""

import hashlib
import io
import json
import re
import shutil
import stat
import tarfile
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.backup import MANIFEST
from api.commands import app
from tests.api.filled import NAME, WORDS, Filled
from tests.postgres import PostgresServer, postgres_server  # noqa: F401
from tickets.keyring import new_key, put_in_front, read_keys


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    """Runs a command on a data folder (and a database)."""

    def command(folder: Path, *arguments: str, database_url: str | None = None):
        monkeypatch.setenv("HOTLINE_DATA_DIR", str(folder))
        if database_url:
            monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
        return CliRunner().invoke(app, [*arguments])

    return command


@pytest.fixture
def house(tmp_path: Path):
    house = Filled(tmp_path / "here")
    yield house
    house.engine.dispose()


def with_key_of(house: Filled, folder: Path) -> Path:
    folder.mkdir(parents=True)
    shutil.copy(house.settings.key_path, folder / "master.key")
    return folder


def test_a_backup_made_under_load_holds_every_ticket_told_before_it(house: Filled, run, tmp_path: Path):
    """边登记边备份：备份开始前告诉群众的编号，恢复出来一个都不能少，也没有半张工单。"""
    told, stop, troubles = [], threading.Event(), []

    def work() -> None:
        try:
            while not stop.is_set():
                told.append(house.file(house.talk(WORDS)).number)
        except Exception as error:
            troubles.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    while len(told) < 20:
        time.sleep(0.01)
    before = list(told)
    made = run(tmp_path / "here", "backup", str(tmp_path / "b.tar"))
    stop.set()
    for worker in workers:
        worker.join()

    there = with_key_of(house, tmp_path / "there")
    restored = run(there, "restore", str(tmp_path / "b.tar"))

    assert not troubles
    assert (made.exit_code, restored.exit_code) == (0, 0), made.output + restored.output
    again = Filled(there)
    found = {ticket.number: ticket for ticket in again.desk.export()}
    assert set(before) <= set(found)
    assert all(ticket.applicant.name == NAME and ticket.history for ticket in found.values())
    for number in before:
        conversation = found[number].conversation_id
        assert conversation
        assert WORDS in [m.text for m in again.conversations.transcript(conversation)]
    assert again.file().number not in found
    again.engine.dispose()


def test_the_offices_own_files_come_along_and_what_is_made_again_does_not(house: Filled, run, tmp_path: Path):
    """政策原文、更正、本单位的表都要带上；模型、索引、日志、旧版本留下的不带。"""
    here = house.settings.data_dir
    kept = ("offices.yml", "retention.yml", "knowledge/catalogue.json", "knowledge/documents/ab.json")
    left = (
        "models/bot.tar.gz",
        "knowledge/index/current",
        "log/rasa.log",
        "rasa-cache/x",
        "knowledge/.changing",
        "rasa.db",
        "rasa.db-wal",
    )
    for name in (*kept, *left):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(name, "utf-8")
    house.talk(WORDS)

    run(here, "backup", str(tmp_path / "b.tar"))
    there = with_key_of(house, tmp_path / "there")
    run(there, "restore", str(tmp_path / "b.tar"))

    assert [(there / name).read_text("utf-8") for name in kept] == list(kept)
    assert not any((there / name).exists() for name in left)
    assert Filled(there).open_forms() == house.open_forms() != {}


def test_the_key_is_not_inside_unless_asked_for(house: Filled, run, tmp_path: Path):
    house.file()

    without = run(house.settings.data_dir, "backup", str(tmp_path / "without.tar"))
    run(house.settings.data_dir, "backup", str(tmp_path / "with.tar"), "--with-key")

    key = house.settings.key_path.read_bytes()
    assert "The master keys are not inside" in without.stdout
    assert key.strip() not in (tmp_path / "without.tar").read_bytes()
    assert key.strip() in (tmp_path / "with.tar").read_bytes()
    assert stat.S_IMODE((tmp_path / "with.tar").stat().st_mode) == 0o600
    assert run(tmp_path / "there", "restore", str(tmp_path / "with.tar")).exit_code == 0
    assert [t.applicant.name for t in Filled(tmp_path / "there").desk.list()] == [NAME]


def test_no_word_of_a_citizen_lies_open_in_a_backup(house: Filled, run, tmp_path: Path):
    house.file(house.talk(WORDS))

    run(house.settings.data_dir, "backup", str(tmp_path / "b.tar"))

    content = (tmp_path / "b.tar").read_bytes()
    for secret in (NAME, "13812345678", "石桥村", "起火"):
        assert secret.encode() not in content and secret.encode("unicode_escape") not in content


def test_a_restore_without_the_right_key_stops_before_anything_changes(house: Filled, run, tmp_path: Path):
    """钥匙不对，恢复出来也打不开：先说清楚缺哪一把。"""
    house.file()
    run(house.settings.data_dir, "backup", str(tmp_path / "b.tar"))
    needed = read_keys(house.settings.key_path)[0].id

    refused = run(tmp_path / "there", "restore", str(tmp_path / "b.tar"))

    assert refused.exit_code == 1
    assert f"the backup needs master key {needed}" in refused.stderr
    assert list((tmp_path / "there").iterdir()) == []
    assert run(tmp_path / "there", "restore", str(tmp_path / "b.tar"), "--key-later").exit_code == 0


def test_a_backup_from_before_a_rotation_opens_with_the_ring_that_still_has_its_key(
    house: Filled, run, tmp_path: Path
):
    house.file()
    run(house.settings.data_dir, "backup", str(tmp_path / "b.tar"))
    put_in_front(house.settings.key_path, new_key())
    there = with_key_of(house, tmp_path / "there")

    assert run(there, "restore", str(tmp_path / "b.tar")).exit_code == 0

    assert [t.applicant.name for t in Filled(there).desk.list()] == [NAME]


def test_a_folder_with_data_is_not_overwritten_unless_forced_and_then_kept(
    house: Filled, run, tmp_path: Path
):
    """已有数据的地方不覆盖；强制恢复时旧数据挪到一边，仍可恢复。"""
    first = house.file().number
    run(house.settings.data_dir, "backup", str(tmp_path / "b.tar"))
    later = house.file().number
    (house.settings.data_dir / "offices.yml").write_text("later", "utf-8")
    house.engine.dispose()

    refused = run(house.settings.data_dir, "restore", str(tmp_path / "b.tar"))
    forced = run(house.settings.data_dir, "restore", str(tmp_path / "b.tar"), "--force", "--json")

    assert refused.exit_code == 1 and "--force" in refused.stderr
    again = Filled(house.settings.data_dir)
    assert [t.number for t in again.desk.list()] == [first]
    assert not (house.settings.data_dir / "offices.yml").exists()
    aside = Path(json.loads(forced.stdout)["kept_aside"])
    shutil.copy(house.settings.key_path, aside / "master.key")
    assert [t.number for t in Filled(aside).desk.list()] == [later, first]
    assert (aside / "offices.yml").read_text("utf-8") == "later"


def test_a_running_hotline_is_not_restored_over(house: Filled, run, tmp_path: Path):
    """热线还开着，就不能从它脚下把数据库换掉。"""
    number = house.file().number
    run(house.settings.data_dir, "backup", str(tmp_path / "b.tar"))
    with house.engine.connect() as held:
        held.exec_driver_sql("SELECT 1 FROM tickets")

        refused = run(house.settings.data_dir, "restore", str(tmp_path / "b.tar"), "--force")

    assert refused.exit_code == 1
    assert "the hotline is running on this database; stop it" in refused.stderr
    assert house.desk.find(number).applicant.name == NAME


def _rewritten(source: Path, target: Path, change) -> None:
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for entry in old:
            content = old.extractfile(entry).read()
            changed = change(entry.name, content)
            if changed is not None:
                entry.size = len(changed)
                new.addfile(entry, io.BytesIO(changed))


def newer(manifest: bytes) -> bytes:
    return re.sub(rb'"schema": "[^"]+"', b'"schema": "9999"', manifest)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda n, c: c[:-1] + b"\x00x"[-1:] if n.endswith(".db") else c, "is not what was backed up"),
        (lambda n, c: None if n.endswith(".db") else c, "is damaged"),
        (lambda n, c: None if n == MANIFEST else c, "is damaged or no backup"),
        (lambda n, c: c.replace(b'"format": 1', b'"format": 9') if n == MANIFEST else c, "has format 9"),
        (lambda n, c: newer(c) if n == MANIFEST else c, "newer than this program"),
        (lambda n, c: c.replace(b"data/hotline.db", b"data/../../x.db") if n == MANIFEST else c, "damaged"),
    ],
)
def test_a_damaged_or_foreign_backup_changes_nothing(house: Filled, run, tmp_path: Path, change, complaint):
    house.file()
    run(house.settings.data_dir, "backup", str(tmp_path / "b.tar"))
    _rewritten(tmp_path / "b.tar", tmp_path / "bad.tar", change)
    there = with_key_of(house, tmp_path / "there")

    refused = run(there, "restore", str(tmp_path / "bad.tar"))

    assert refused.exit_code == 1
    assert complaint in refused.stderr
    assert [path.name for path in there.iterdir()] == ["master.key"]


def test_a_backup_of_an_older_version_is_restored_without_rasas_dialogues(house: Filled, run, tmp_path: Path):
    """旧版本的备份里还有机器人自己的记录：照样能恢复，那个文件不放回去。"""
    number, dialogues = house.file().number, b"sealed"
    run(house.settings.data_dir, "backup", str(tmp_path / "b.tar"))

    def as_before(name: str, content: bytes) -> bytes:
        if name != MANIFEST:
            return content
        manifest = json.loads(content)
        manifest["files"]["data/rasa.db"] = (len(dialogues), hashlib.sha256(dialogues).hexdigest())
        return json.dumps(manifest).encode()

    _rewritten(tmp_path / "b.tar", tmp_path / "old.tar", as_before)
    with tarfile.open(tmp_path / "old.tar", "a") as tar:
        entry = tarfile.TarInfo("data/rasa.db")
        entry.size = len(dialogues)
        tar.addfile(entry, io.BytesIO(dialogues))
    there = with_key_of(house, tmp_path / "there")

    restored = run(there, "restore", str(tmp_path / "old.tar"))

    assert restored.exit_code == 0, restored.output
    assert not list(there.rglob("rasa.db"))
    assert [ticket.number for ticket in Filled(there).desk.list()] == [number]


def test_a_backup_that_was_cut_off_is_refused(house: Filled, run, tmp_path: Path):
    house.file()
    run(house.settings.data_dir, "backup", str(tmp_path / "b.tar"))
    whole = (tmp_path / "b.tar").read_bytes()
    (tmp_path / "half.tar").write_bytes(whole[: len(whole) // 2])

    refused = run(with_key_of(house, tmp_path / "there"), "restore", str(tmp_path / "half.tar"))

    assert refused.exit_code == 1 and "choose another" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("backup", "/nowhere/b.tar"), "cannot write /nowhere/b.tar"),
        (("restore", "/nowhere/b.tar"), "cannot be read"),
    ],
)
def test_a_wrong_path_is_one_clear_sentence(house: Filled, run, arguments, complaint):
    house.engine.dispose()
    done = run(house.settings.data_dir, *arguments)

    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert complaint in done.stderr


def test_a_folder_without_a_database_has_nothing_to_back_up(run, tmp_path: Path):
    done = run(tmp_path / "empty", "backup", str(tmp_path / "b.tar"))

    assert done.exit_code == 1 and "there is no database" in done.stderr
    assert not (tmp_path / "b.tar").exists()


@pytest.fixture
def postgres_tools(monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer) -> None:
    """pg_dump and pg_restore of the server's own version on the PATH."""
    programs = [
        Path(row[0]) / "pg_dump"
        for row in postgres.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
    ]
    assert programs[0].exists()
    monkeypatch.setenv("PATH", f"{programs[0].parent}:/usr/bin:/bin")


def test_postgresql_goes_there_and_back(postgres: PostgresServer, postgres_tools, run, tmp_path: Path):
    """数据库在 PostgreSQL 上，备份恢复一样完整，已有的库要强制才换，旧的留一份。"""
    url = postgres.address(postgres.new_database())
    house = Filled(tmp_path / "here", url)
    numbers = [house.file(house.talk(WORDS)).number for _ in range(3)]
    made = run(tmp_path / "here", "backup", str(tmp_path / "b.tar"), database_url=url)
    other = postgres.address(postgres.new_database())
    there = with_key_of(house, tmp_path / "there")
    running = run(house.settings.data_dir, "restore", str(tmp_path / "b.tar"), "--force", database_url=url)

    restored = run(there, "restore", str(tmp_path / "b.tar"), database_url=other)

    assert (made.exit_code, restored.exit_code) == (0, 0), made.output + restored.output
    assert running.exit_code == 1 and "the hotline is running" in running.stderr
    again = Filled(there, other)
    assert [t.number for t in again.desk.export()] == numbers
    assert again.desk.find(numbers[0]).applicant.name == NAME
    with pytest.raises(Exception, match="append-only"), again.engine.begin() as db:
        db.exec_driver_sql("DELETE FROM ticket_events")
    more = again.file().number
    again.engine.dispose()
    refused = run(there, "restore", str(tmp_path / "b.tar"), database_url=other)
    forced = run(there, "restore", str(tmp_path / "b.tar"), "--force", "--json", database_url=other)
    assert refused.exit_code == 1 and "--force" in refused.stderr
    assert forced.exit_code == 0, forced.output
    assert (Path(json.loads(forced.stdout)["kept_aside"]) / "database.dump").stat().st_size
    last = Filled(there, other)
    assert more not in [t.number for t in last.desk.export()]
    for filled in (house, last):
        filled.engine.dispose()


def test_without_pg_dump_the_command_says_what_to_install(
    postgres: PostgresServer, run, tmp_path: Path, monkeypatch
):
    url = postgres.address(postgres.new_database())
    Filled(tmp_path / "here", url).engine.dispose()
    monkeypatch.setenv("PATH", str(tmp_path))

    done = run(tmp_path / "here", "backup", str(tmp_path / "b.tar"), database_url=url)

    assert done.exit_code == 1
    assert "pg_dump is not on the PATH; install PostgreSQL's client programs" in done.stderr
    assert not (tmp_path / "b.tar").exists()
