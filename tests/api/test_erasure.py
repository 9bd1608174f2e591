"""到期和应要求删除：工单、对话、登记到一半的求助一起删；还有用的不动。"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, inspect, select
from typer.testing import CliRunner

from actions.forms import HELP_FORM, OpenForm
from api.accounts.model import Role
from api.accounts.store import AccountStore, sessions
from api.chat.errors import UnknownConversation
from api.chat.model import Outcome
from api.chat.open_forms import open_forms
from api.chat.store import conversations, messages, turns
from api.commands import app
from api.erasure import CONVERSATION_TABLES, Erasure
from api.unanswered.store import unanswered_questions
from tests.api.filled import AGENT, PHONE, WORDS, Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.retention import load_retention

# Keep the id of their conversation and are erased by rules of their own; of suggestions a count is left.
POINTERS = {"tickets", "suggestions"}


@pytest.fixture
def erasure(house: Filled) -> Erasure:
    return Erasure(house.engine, house.sealer, load_retention())


def count(house: Filled, table) -> int:
    with house.engine.connect() as db:
        return db.execute(select(func.count()).select_from(table)).scalar_one()


def run(house: Filled, monkeypatch: pytest.MonkeyPatch, *arguments: str):
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(house.settings.data_dir))
    if house.settings.database_url:
        monkeypatch.setenv("HOTLINE_DATABASE_URL", house.settings.database_url)
    return CliRunner().invoke(app, ["privacy", *arguments])


def test_every_table_that_holds_a_conversation_is_erased_with_it(house: Filled):
    """谁新加一张存对话的表，忘了删，这里会不过。"""
    found = {
        table
        for table in inspect(house.engine).get_table_names()
        if any(
            c["name"] in ("conversation_id", "message_id") for c in inspect(house.engine).get_columns(table)
        )
    }

    assert found - POINTERS == {table.name for table, _ in CONVERSATION_TABLES} - {"conversations"}


def test_a_conversation_without_ticket_goes_after_half_a_year_of_silence(house: Filled, erasure: Erasure):
    old = house.talk(WORDS, outcome=Outcome.ANSWERED)
    house.forward(days=100)
    young = house.talk("你好", outcome=Outcome.SMALLTALK)
    house.forward(days=80)

    done = erasure.apply_retention(house.now)

    assert done["conversation_without_ticket"] == 1
    assert (count(house, conversations), count(house, messages), count(house, turns)) == (1, 3, 1)
    assert house.conversations.transcript(old) == []
    assert len(house.conversations.transcript(young)) == 3


def test_a_conversation_with_a_ticket_stays_until_a_year_after_the_last_one_closed(
    house: Filled, erasure: Erasure
):
    """还有没办完的工单，对话就不删。"""
    conversation = house.talk(WORDS)
    first, second = house.file(conversation), house.file(conversation)
    house.withdraw(first.number)
    house.forward(days=400)
    assert erasure.apply_retention(house.now)["conversation_with_ticket"] == 0
    house.withdraw(second.number)
    house.forward(days=364)
    assert erasure.apply_retention(house.now)["conversation_with_ticket"] == 0
    house.forward(days=1)

    assert erasure.apply_retention(house.now)["conversation_with_ticket"] == 1

    assert count(house, messages) == 0
    assert house.desk.find(first.number).applicant.name == "李秀英"


def test_a_closed_ticket_is_erased_after_three_years(house: Filled, erasure: Erasure):
    closed, still_open = house.file(), house.file()
    house.withdraw(closed.number)
    house.forward(days=1095)

    assert erasure.apply_retention(house.now)["closed_ticket"] == 1

    erased = house.desk.find(closed.number)
    assert (erased.applicant.name, erased.history[-1].actor) == (None, "retention")
    assert "保存期限届满" in (erased.history[-1].reason or "")
    assert house.desk.find(still_open.number).applicant.name == "李秀英"


def test_erasing_a_ticket_takes_its_conversation_and_open_form_along(house: Filled, erasure: Erasure):
    """工单删了，原来那段对话和登记到一半的求助也要删，凭证也就打不开了。"""
    conversation, other = house.talk(WORDS), house.talk("别人的话")
    number = house.file(conversation).number
    house.withdraw(number)

    erasure.erase_ticket(number, actor=AGENT, reason="本人要求", at=house.now)

    with pytest.raises(UnknownConversation):
        house.conversations.authorised(conversation, house.token)
    assert house.conversations.transcript(conversation) == []
    assert set(house.open_forms()) == {other}


def test_a_conversation_that_another_ticket_needs_stays(house: Filled, erasure: Erasure):
    conversation = house.talk(WORDS)
    closed, still_open = house.file(conversation), house.file(conversation)
    house.withdraw(closed.number)

    erasure.erase_ticket(closed.number, actor=AGENT, reason="本人要求", at=house.now)

    assert WORDS in [m.text for m in house.conversations.transcript(conversation)]
    assert house.desk.find(still_open.number).conversation_id == conversation


def test_questions_sessions_and_forms_left_open_go_in_their_time(house: Filled, erasure: Erasure):
    accounts = AccountStore(house.engine, lambda: house.now)
    accounts.add_user("017", Role.AGENT, "long enough 017")
    accounts.sign_in("017", "long enough 017")
    house.questions.keep(WORDS, "no_evidence", "430000")
    house.talk(WORDS)
    house.forward(hours=13)

    first = erasure.apply_retention(house.now)
    house.forward(days=30)
    second = erasure.apply_retention(house.now)
    house.forward(days=335)
    third = erasure.apply_retention(house.now)

    assert (first["session"], first["open_form"], first["unanswered_question"]) == (1, 0, 0)
    assert (second["open_form"], second["conversation_without_ticket"]) == (1, 0)
    assert (third["unanswered_question"], third["conversation_without_ticket"]) == (1, 1)
    assert house.open_forms() == {}
    assert (count(house, sessions), count(house, unanswered_questions), count(house, messages)) == (0, 0, 0)


def test_a_form_stays_open_for_thirty_days_after_its_last_change(house: Filled, erasure: Erasure):
    """登记到一半停下来的，满三十天才删；中间又说了一句，就从那天重新算。只删求助，对话还在。"""
    left, taken_up = house.talk(WORDS), house.talk(WORDS)
    house.forward(days=20)
    house.forms.put(taken_up, OpenForm(HELP_FORM, "phone", {"said": WORDS}))
    house.forward(days=10)

    assert erasure.apply_retention(house.now)["open_form"] == 1

    assert set(house.open_forms()) == {taken_up}
    assert WORDS in [m.text for m in house.conversations.transcript(left)]


def test_a_form_put_while_its_conversation_is_erased_goes_too(house: Filled, erasure: Erasure):
    """一边删一边还在登记：删的人等一下，不报错，也不留下半张求助。"""
    conversation = house.talk(WORDS)
    house.forms.close(conversation)
    number = house.file(conversation).number
    house.withdraw(number)
    row = {
        "name": HELP_FORM,
        "asked": "",
        "content_sealed": "",
        "heard": "",
        "act": "",
        "updated_at": house.now,
    }

    with ThreadPoolExecutor() as others, house.engine.begin() as putting:
        putting.execute(insert(open_forms).values(conversation_id=conversation, **row))
        erased = others.submit(erasure.erase_ticket, number, actor=AGENT, reason="本人要求", at=house.now)
        time.sleep(0.3)
        putting.commit()
        erased.result(timeout=10)

    assert (count(house, conversations), count(house, open_forms)) == (0, 0)


def test_a_dry_run_says_the_same_and_does_nothing(house: Filled, erasure: Erasure):
    house.questions.keep(WORDS, "no_evidence", "430000")
    house.talk(WORDS)
    house.withdraw(house.file(house.talk(WORDS)).number)
    house.forward(days=1200)

    told = erasure.apply_retention(house.now, dry_run=True)
    assert told == erasure.apply_retention(house.now, dry_run=True)
    done = erasure.apply_retention(house.now)

    # a conversation goes with its ticket, a form with its conversation: their own classes find none left
    assert (told["conversation_with_ticket"], told["open_form"]) == (1, 2)
    assert {**done, "conversation_with_ticket": 1, "open_form": 2} == told


def test_running_every_day_erases_nothing_twice(house: Filled, erasure: Erasure):
    number = house.file(house.talk(WORDS)).number
    house.withdraw(number)
    house.forward(days=1095)
    erasure.apply_retention(house.now)
    version = house.desk.find(number).version

    assert not any(erasure.apply_retention(house.now + timedelta(days=1)).values())

    assert house.desk.find(number).version == version


def test_on_request_all_closed_tickets_of_a_phone_are_erased(house: Filled, monkeypatch):
    """本人来电要求删除：按电话找，办结的都删，在办的说清楚为什么不删。"""
    closed, still_open = house.file().number, house.file().number
    house.withdraw(closed)

    done = run(house, monkeypatch, "erase", "--phone", "138 1234 5678", "--reason", "本人来电", "--json")

    assert json.loads(done.stdout)["erased"] == [closed]
    assert done.exit_code == 1
    assert f"ticket {still_open} is still open; withdraw or close it" in done.stderr
    assert PHONE not in done.output
    assert house.desk.find(closed).applicant.phone is None
    assert house.desk.find(still_open).applicant.phone == PHONE


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["erase", "--reason", "x"], "either the number of a ticket or --phone"),
        (["erase", "20260312-0001-0"], "say on whose request and why: --reason"),
        (["erase", "20260312-0001-0", "--reason", "x"], "a digit is wrong, missing or too many"),
        (["erase", "20260312-0001-9", "--reason", "x"], "no ticket 20260312-0001-9"),
    ],
)
def test_what_cannot_be_erased_is_one_clear_sentence(house: Filled, monkeypatch, arguments, complaint):
    done = run(house, monkeypatch, *arguments)

    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert complaint in done.stderr


def test_the_offices_own_figures_are_used(house: Filled, monkeypatch):
    (house.settings.data_dir / "retention.yml").write_text("closed_ticket: {days: 0}", "utf-8")
    number = house.file().number
    house.withdraw(number)

    told = run(house, monkeypatch, "retention", "--dry-run", "--json")
    done = run(house, monkeypatch, "retention", "--json")

    assert json.loads(told.stdout)["erased"]["closed_ticket"] == 1
    assert json.loads(done.stdout)["erased"]["closed_ticket"] == 1
    assert house.desk.find(number).erased_at is not None
