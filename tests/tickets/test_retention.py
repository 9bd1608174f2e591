"""保存期限：到期删个人信息，留统计和痕迹；单位可以改期限，但不能低于法律要求。"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from tests.tickets.conftest import KEY, StandingClock
from tickets.errors import BadRequest, Conflict, NotFound, RuleBroken
from tickets.history import recorded_state, replayed
from tickets.model import Actor, Category, NewTicket, Person, Role, TicketFilter
from tickets.privacy import Sealer
from tickets.retention import KEEPER, TicketErasure, load_retention
from tickets.schema import ticket_disclosures, ticket_events, tickets
from tickets.service import Desk
from tickets.texts import desk_texts

AGENT = Actor("017", Role.DESK)
SUPERVISOR = Actor("001", Role.SUPERVISOR)
PERSONAL = (
    "李秀英",
    "13812345678",
    "1234 5678",
    "430524195003120028",
    "石桥村",
    "李大山",
    "父亲",
    "c_9",
    "m_9",
)


@pytest.fixture
def erasure(engine: Engine) -> TicketErasure:
    return TicketErasure(engine, Sealer(KEY), load_retention())


@pytest.fixture
def closed(desk: Desk, new_ticket: Callable[..., NewTicket]) -> Callable[..., str]:
    """Files a ticket full of personal data and closes it; gives its number."""

    def make(**changes) -> str:
        fields = {
            "beneficiary": "李大山",
            "relation": "父亲",
            "triage": ("昨天起火，我叫李秀英",),
            "conversation_id": "c_9",
            "origin_message_id": "m_9",
        }
        number = desk.file(new_ticket(**fields | changes)).number
        desk.move(number, "withdraw", actor=AGENT, reason="李秀英13812345678说不用了")
        return number

    return make


def test_erasing_a_ticket_leaves_no_trace_of_the_person(erasure, desk: Desk, closed, clock: StandingClock):
    """删了就是删了：姓名、电话、身份证、住址、代办、对话、原话、理由，一处不留。"""
    number = closed()

    erased = erasure.erase(number, actor=SUPERVISOR, reason="本人要求，电话13812345678", at=clock.now)

    ticket = desk.find(number)
    assert erased.conversation_id == "c_9"
    assert [word for word in PERSONAL if word in repr(ticket)] == []
    assert ticket.applicant == Person()
    assert ticket.summary == ticket.description == "（已按规定删除）"
    assert ticket.erased_at == clock.now
    assert desk.list(TicketFilter(phone="13812345678")) == []
    with pytest.raises(NotFound):
        desk.progress(number, "5678")


def test_the_row_itself_holds_nothing_of_the_person_any_more(erasure, engine: Engine, closed, clock):
    number = closed()

    erasure.erase(number, actor=SUPERVISOR, reason="本人要求", at=clock.now)

    with engine.connect() as db:
        row = db.execute(select(tickets).where(tickets.c.number == number)).mappings().one()
    left = {name for name, value in row.items() if name.endswith(("_sealed", "_print")) and value is not None}
    assert left == {"summary_sealed", "description_sealed"}
    assert (row["conversation_id"], row["origin_message_id"], row["relation"]) == (None, None, None)


def test_statistics_and_the_audit_trail_stay(erasure, desk: Desk, closed, clock: StandingClock):
    """统计要用的、谁在什么时候做了什么，都还在，并且说得清状态是怎么来的。"""
    number = closed()
    before = desk.find(number)

    erasure.erase(number, actor=SUPERVISOR, reason="本人要求", at=clock.now)

    after = desk.find(number)
    for name in ("category", "urgency", "status", "office", "opened_at", "due_at", "closed_at", "channel"):
        assert getattr(after, name) == getattr(before, name)
    assert after.area == replace(before.area, detail=None)
    kept = [(event.at, event.actor, event.action, event.changes) for event in before.history]
    assert [(e.at, e.actor, e.action, e.changes) for e in after.history[:-1]] == kept
    assert replayed(after.history) == recorded_state(after)
    assert (after.history[-1].actor, after.history[-1].action, after.history[-1].reason) == (
        "001",
        "erase",
        "本人要求",
    )
    assert after.version == len(after.history) == before.version + 1


def test_erasing_twice_changes_nothing_more(erasure, desk: Desk, closed, clock: StandingClock):
    number = closed()
    erasure.erase(number, actor=SUPERVISOR, reason="本人要求", at=clock.now)

    again = erasure.erase(number, actor=SUPERVISOR, reason="本人要求", at=clock.now)

    assert again.conversation_id is None
    assert desk.find(number).version == len(desk.find(number).history)
    assert [event.action for event in desk.find(number).history].count("erase") == 1


def test_whoever_read_the_ticket_before_cannot_write_it_back(erasure, desk: Desk, closed, clock):
    number = closed()
    seen = desk.find(number).version
    erasure.erase(number, actor=SUPERVISOR, reason="本人要求", at=clock.now)

    with pytest.raises(Conflict):
        desk.move(number, "reopen", actor=SUPERVISOR, reason="看错了", version=seen)


def test_an_open_ticket_is_not_erased(erasure, desk: Desk, new_ticket, clock: StandingClock):
    """还在办的不能删：删了就没法联系人了。"""
    number = desk.file(new_ticket()).number

    with pytest.raises(RuleBroken, match="still open; withdraw or close it"):
        erasure.erase(number, actor=SUPERVISOR, reason="本人要求", at=clock.now)

    assert desk.find(number).applicant.name == "李秀英"


@pytest.mark.parametrize("reason", ["", "  "])
def test_erasing_needs_a_reason(erasure, closed, clock: StandingClock, reason: str):
    with pytest.raises(BadRequest, match="needs a reason"):
        erasure.erase(closed(), actor=SUPERVISOR, reason=reason, at=clock.now)


def test_the_tickets_of_one_phone_are_found_however_it_is_written(erasure, closed):
    mine = [closed(origin_message_id="m_1"), closed(origin_message_id="m_2")]
    closed(applicant=Person("王五", "13900000000"), origin_message_id="m_3")

    assert erasure.of_phone("+86 138-1234-5678") == mine
    assert erasure.of_phone("13999999999") == []


def test_a_ticket_is_due_when_its_time_after_closing_is_up(erasure, closed, clock: StandingClock):
    """从办结起算，满三年才到期，差一秒都不算。"""
    number = closed()

    limit = clock.now + timedelta(days=1095)

    assert erasure.due(limit - timedelta(seconds=1)) == []
    assert erasure.due(limit) == [number]
    erasure.erase(number, actor=KEEPER, reason="到期", at=limit)
    assert erasure.due(limit) == []


def test_a_category_may_have_a_time_of_its_own(engine: Engine, closed, clock: StandingClock, tmp_path: Path):
    own = tmp_path / "retention.yml"
    own.write_text("closed_ticket: {days: 730, by_category: {投诉建议: 1825}}", "utf-8")
    erasure = TicketErasure(engine, Sealer(KEY), load_retention(own))
    complaint = closed(category=Category.COMPLAINT, origin_message_id="m_1")
    other = closed(origin_message_id="m_2")

    assert erasure.due(clock.now + timedelta(days=730)) == [other]
    assert erasure.due(clock.now + timedelta(days=1825)) == [complaint, other]


def test_the_record_of_disclosures_is_kept_for_three_years(
    erasure, desk: Desk, closed, engine: Engine, clock
):
    """谁看过明文的记录至少留三年（个人信息保护法第五十六条）。"""
    number = closed()
    desk.disclose(number, actor=SUPERVISOR, reason="回访")
    count = select(func.count()).select_from(ticket_disclosures)
    limit = clock.now

    assert erasure.forget_disclosures(limit - timedelta(seconds=1), dry_run=False) == 0
    assert erasure.forget_disclosures(limit, dry_run=True) == 1
    with engine.connect() as db:
        assert db.execute(count).scalar_one() == 1
    assert erasure.forget_disclosures(limit, dry_run=False) == 1
    with engine.connect() as db:
        assert db.execute(count).scalar_one() == 0


def test_every_shipped_class_names_its_source_and_says_whether_the_figure_is_ours():
    for rule in load_retention().classes.values():
        assert rule.source and isinstance(rule.own_choice, bool)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("disclosure: {days: 30}", "30 days is below the 1095"),
        ("closed_tickets: {days: 30}", "no class closed_tickets"),
        ("closed_ticket: {by_category: {低保户: 30}}", "retention of closed_ticket"),
        ("closed_ticket: {days: soon}", "give whole days"),
        ("closed_ticket: {days: -1}", "-1 days is below the 0"),
        ("- a\n- b", "write a class with its days"),
        ("a: [", "is not valid YAML"),
    ],
)
def test_wrong_figures_of_an_office_are_refused(tmp_path: Path, written: str, complaint: str):
    """写错了就说清楚错在哪里，不能悄悄用别的数。"""
    own = tmp_path / "retention.yml"
    own.write_text(written, "utf-8")

    with pytest.raises(BadRequest, match=complaint):
        load_retention(own)


def test_an_office_without_figures_of_its_own_uses_the_shipped_ones(tmp_path: Path):
    assert load_retention(tmp_path / "none.yml") == load_retention()


def test_a_figure_under_the_name_of_an_older_version_still_counts(tmp_path: Path):
    """升级后类别改了名：单位原来定的天数照用，不会启动不了。"""
    own = tmp_path / "retention.yml"
    own.write_text("open_dialogue: {days: 7}", "utf-8")

    assert load_retention(own)["open_form"].keep == timedelta(days=7)


def test_the_desk_reads_in_words_that_a_ticket_was_erased():
    assert desk_texts()["action"]["erase"]


def test_events_of_an_erased_ticket_cannot_be_rewritten(erasure, engine: Engine, closed, clock):
    """删的只是理由里的话；谁、何时、做了什么，数据库不让改。"""
    number = closed()
    erasure.erase(number, actor=SUPERVISOR, reason="本人要求", at=clock.now)

    with pytest.raises(Exception, match="append-only"), engine.begin() as db:
        db.execute(ticket_events.update().where(ticket_events.c.number == number).values(actor="别人"))
