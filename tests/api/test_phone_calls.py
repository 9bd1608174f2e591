"""来电记录存在数据库里：密文，到期删，工单删了它也删，两种数据库上都一样。"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from api.erasure import Erasure
from api.filling.calls import CallStore, new_call_id, phone_calls
from api.resealing import SEALED
from tests.api.filled import AGENT, Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.retention import load_retention

WORDS = "我叫李秀英，电话13812345678"


@pytest.fixture
def calls(house: Filled) -> CallStore:
    return CallStore(house.engine, house.sealer, lambda: house.now)


def rows(house: Filled):
    with house.engine.connect() as db:
        return db.execute(select(phone_calls)).all()


def test_words_and_changed_fields_are_sealed_at_rest(house: Filled, calls: CallStore):
    calls.save(new_call_id(), "007", WORDS, {"name": "李秀英"}, 1)

    [row] = rows(house)

    assert "李秀英" not in str(tuple(row)) and "13812345678" not in str(tuple(row))
    sealed = next(part for part in SEALED if part.table is phone_calls)
    assert set(sealed.contexts) == {"sealed_words", "sealed_form"}


def test_a_call_comes_back_as_it_was_saved(house: Filled, calls: CallStore):
    call = new_call_id()

    calls.save(call, "007", WORDS, {"name": "李秀英"}, 3)

    found = calls.find(call, "007")
    assert found and (found.words, found.by_hand, found.started_at) == (WORDS, {"name": "李秀英"}, house.now)
    assert calls.find(call, "008") is None


def test_the_same_page_saved_twice_at_once_is_one_call(house: Filled, calls: CallStore):
    call = new_call_id()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda revision: calls.save(call, "007", f"第{revision}次", {}, revision), range(1, 9)))

    [row] = rows(house)
    found = calls.find(call, "007")
    assert row.id == call and found and found.words == "第8次"


def test_after_its_end_nothing_changes_a_call(calls: CallStore):
    call = new_call_id()
    calls.save(call, "007", WORDS, {}, 1)
    calls.end(call, "007", "20260312-0001-1")

    calls.save(call, "007", "迟到的", {}, 2)
    calls.end(call, "007")

    found = calls.find(call, "007")
    assert found and (found.words, found.ticket_number) == (WORDS, "20260312-0001-1")
    assert calls.open_calls("007") == []


def test_calls_are_erased_when_their_time_is_up(house: Filled, calls: CallStore):
    erasure = Erasure(house.engine, house.sealer, load_retention())
    calls.save(new_call_id(), "007", WORDS, {}, 1)

    house.forward(days=29)
    assert erasure.apply_retention(house.now)["phone_call"] == 0
    house.forward(days=2)
    assert erasure.apply_retention(house.now, dry_run=True)["phone_call"] == 1
    assert erasure.apply_retention(house.now)["phone_call"] == 1
    assert rows(house) == []


def test_with_a_ticket_the_call_it_came_from_is_erased(house: Filled, calls: CallStore, new_request):
    erasure = Erasure(house.engine, house.sealer, load_retention())
    kept, call = new_call_id(), new_call_id()
    ticket = house.desk.file(new_request())
    for one, number in ((call, ticket.number), (kept, "20260312-0009-1")):
        calls.save(one, "007", WORDS, {}, 1)
        calls.end(one, "007", number)
    house.desk.move(ticket.number, "withdraw", actor=AGENT, reason="不办了")

    erasure.erase_ticket(ticket.number, actor=AGENT, reason="本人要求", at=house.now)

    assert [row.id for row in rows(house)] == [kept]
