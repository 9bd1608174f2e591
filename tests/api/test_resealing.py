"""换钥匙：热线不停，每一处密文都换，断了能接着换，换完旧钥匙才能扔。"""

import json
import threading

import pytest
from sqlalchemy import inspect, select, update
from typer.testing import CliRunner

from api import resealing
from api.chat.store import messages
from api.commands import app
from api.resealing import SEALED, keys_needed, reseal, rows_left
from tests.api.filled import ID_NUMBER, NAME, PHONE, WORDS, Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.keyring import FixedKeys, keep_only_first, new_key, put_in_front, read_keys
from tickets.model import TicketFilter
from tickets.privacy import Sealer
from tickets.schema import tickets


def fill(house: Filled, times: int = 3) -> list[str]:
    numbers = []
    for _ in range(times):
        numbers.append(house.file(house.talk(WORDS, "邵阳市隆回县司门前镇")).number)
        house.withdraw(numbers[-1])
        house.questions.keep(WORDS, "no_evidence", "430000")
    return numbers


def run(house: Filled, *arguments: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(house.settings.data_dir))
    if house.settings.database_url:
        monkeypatch.setenv("HOTLINE_DATABASE_URL", house.settings.database_url)
    return CliRunner().invoke(app, ["privacy", *arguments])


def test_every_sealed_column_of_the_database_is_covered(house: Filled):
    """谁新加了一列密文，忘了换钥匙，这里会不过。"""
    found = {
        (table, column["name"])
        for table in inspect(house.engine).get_table_names()
        for column in inspect(house.engine).get_columns(table)
        if column["name"].startswith("sealed_") or column["name"].endswith("_sealed")
    }

    assert found == {(part.table.name, name) for part in SEALED for name in part.contexts}


def test_every_print_of_a_ticket_is_made_again(house: Filled):
    """指纹也要换：不换就搜不到了。"""
    number = fill(house, 1)[0]
    prints = [column for column in tickets.c if column.name.endswith("_print")]
    read = select(*prints).where(tickets.c.number == number)
    with house.engine.connect() as db:
        before = db.execute(read).one()
    put_in_front(house.settings.key_path, new_key())

    reseal(house.engine, house.sealer)

    with house.engine.connect() as db:
        after = db.execute(read).one()
    assert all(before) and all(after)
    assert not set(before) & set(after)


def test_after_a_rotation_the_new_key_alone_opens_and_finds_everything(house: Filled):
    numbers = fill(house)
    put_in_front(house.settings.key_path, new_key())

    done = reseal(house.engine, house.sealer)
    keep_only_first(house.settings.key_path)

    assert not done.unreadable
    fresh = Filled(house.settings.data_dir, house.settings.database_url)
    ticket = fresh.desk.find(numbers[0])
    assert (ticket.applicant.name, ticket.applicant.id_number, ticket.triage) == (NAME, ID_NUMBER, (WORDS,))
    assert ticket.history[-1].reason == "李秀英说不用了"
    assert [t.number for t in fresh.desk.list(TicketFilter(phone=PHONE))] == numbers[::-1]
    assert fresh.desk.progress(numbers[1], PHONE[-4:]).number == numbers[1]
    assert ticket.conversation_id
    assert WORDS in [m.text for m in fresh.conversations.transcript(ticket.conversation_id)]
    assert len(fresh.questions.latest(None, 10)) == 3
    form = fresh.forms.get(ticket.conversation_id)
    assert form and form.content == {"said": [WORDS, "邵阳市隆回县司门前镇"]}
    fresh.engine.dispose()


def test_until_the_rotation_ends_old_rows_are_found_and_read(house: Filled):
    """换到一半，新旧都搜得到、读得到。"""
    numbers = fill(house, 2)
    put_in_front(house.settings.key_path, new_key())
    numbers += fill(house, 1)

    assert [t.number for t in house.desk.list(TicketFilter(phone=PHONE))] == numbers[::-1]
    assert house.desk.progress(numbers[0], PHONE[-4:]).applicant.name == NAME
    assert rows_left(house.engine, house.sealer)["tickets"] == 2


def test_a_rotation_that_was_killed_goes_on_with_what_is_left(house: Filled, monkeypatch):
    """换到一半断电：再来一次，只换剩下的，也不会再加一把钥匙。"""
    fill(house, 5)
    monkeypatch.setattr(resealing, "BATCH", 2)
    new = new_key()
    put_in_front(house.settings.key_path, new)

    def killed(table: str, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal(house.engine, house.sealer, killed)
    assert rows_left(house.engine, house.sealer)["tickets"] == 3
    went_on = run(house, "rotate-key", "--json", monkeypatch=monkeypatch)

    result = json.loads(went_on.stdout)
    assert (result["key"], result["previous_file"], result["unreadable"]) == (new.id, None, [])
    assert result["resealed"]["tickets"] == 3
    assert not any(rows_left(house.engine, house.sealer).values())


def test_the_hotline_works_on_while_keys_are_rotated(house: Filled, monkeypatch):
    """一边登记一边换钥匙：什么都不丢，换完没有一处还要旧钥匙。"""
    fill(house, 10)
    monkeypatch.setattr(resealing, "BATCH", 3)
    filed, stop, troubles = [], threading.Event(), []

    def work() -> None:
        try:
            while not stop.is_set():
                filed.extend(fill(house, 1))
        except Exception as error:
            troubles.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    rotated = run(house, "rotate-key", "--json", monkeypatch=monkeypatch)
    again = run(house, "rotate-key", "--json", monkeypatch=monkeypatch)
    stop.set()
    worker.join()

    assert not troubles and filed
    assert (rotated.exit_code, again.exit_code) == (0, 0)
    reseal(house.engine, house.sealer)
    assert not any(rows_left(house.engine, house.sealer).values())
    alone = Sealer(FixedKeys(read_keys(house.settings.key_path)[:1]))
    assert keys_needed(house.engine) == {read_keys(house.settings.key_path)[0].id}
    with house.engine.connect() as db:
        assert {WORDS} < {alone.open(text) for text in db.execute(select(messages.c.sealed_text)).scalars()}


def test_a_row_that_changes_while_it_is_sealed_anew_keeps_the_change(house: Filled):
    """正在换的那一行刚好被改了：改动不能被旧内容盖掉。"""
    house.talk(WORDS)
    put_in_front(house.settings.key_path, new_key())

    class Slow(Sealer):
        changed = False

        def open(self, sealed: str, context: str = "") -> str:
            if not self.changed and not context:
                self.changed = True
                with house.engine.begin() as db:
                    db.execute(update(messages).values(sealed_text=house.sealer.seal("改过的")))
            return super().open(sealed, context)

    reseal(house.engine, Slow(house.sealer._source))

    with house.engine.connect() as db:
        texts = [house.sealer.open(text) for text in db.execute(select(messages.c.sealed_text)).scalars()]
    assert set(texts) == {"改过的"}
    assert not any(rows_left(house.engine, house.sealer).values())


def test_old_keys_are_not_dropped_while_anything_needs_them(house: Filled, monkeypatch):
    fill(house, 1)
    put_in_front(house.settings.key_path, new_key())

    refused = run(house, "rotate-key", "--drop-old", monkeypatch=monkeypatch)

    assert refused.exit_code == 1
    assert "old keys still open rows (tickets: 1, ticket_events: 2, messages: 5" in refused.stderr
    assert len(read_keys(house.settings.key_path)) == 2
    assert run(house, "rotate-key", monkeypatch=monkeypatch).exit_code == 0
    assert run(house, "rotate-key", "--drop-old", monkeypatch=monkeypatch).exit_code == 0
    assert len(read_keys(house.settings.key_path)) == 1


def test_a_row_that_no_key_opens_is_named_and_left_alone(house: Filled, monkeypatch):
    """钥匙丢了的那一行说出来，其余照换。"""
    numbers = fill(house, 2)
    lost = Sealer(new_key().secret).seal("谁也打不开", f"{numbers[0]}/name_sealed")
    with house.engine.begin() as db:
        db.execute(update(tickets).where(tickets.c.number == numbers[0]).values(name_sealed=lost))

    done = run(house, "rotate-key", monkeypatch=monkeypatch)

    assert done.exit_code == 1
    assert f"1 rows open with no key of the ring (tickets {numbers[0]})" in done.stderr
    with house.engine.connect() as db:
        kept = db.execute(select(tickets.c.name_sealed).where(tickets.c.number == numbers[0])).scalar_one()
    assert kept == lost
    assert house.desk.find(numbers[1]).applicant.name == NAME


def test_keys_of_the_environment_are_never_written_by_the_command(house: Filled, monkeypatch):
    """钥匙由环境变量给：命令只说怎么换，不自己动。"""
    old = read_keys(house.settings.key_path)[0]
    fill(house, 1)
    monkeypatch.setenv("HOTLINE_MASTER_KEY", old.line)
    told = run(house, "rotate-key", monkeypatch=monkeypatch)
    assert told.exit_code == 1 and "hotline privacy new-key" in told.stderr

    new = new_key()
    monkeypatch.setenv("HOTLINE_MASTER_KEY", f"{new.line},{old.line}")
    assert run(house, "rotate-key", monkeypatch=monkeypatch).exit_code == 0

    assert keys_needed(house.engine) == {new.id}
