"""业务系统报来的办理情况：按流转表办，来晚了的只记不动，群众听到的话里没有别人的号码。"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tickets.coming_back import (
    Kind,
    Outcome,
    StatusUpdate,
    Taken,
    actor_of,
    last_result,
    public_words,
    taken_in,
)
from tickets.errors import NotFound, RuleBroken
from tickets.history import changes_between, recorded_state, replayed
from tickets.lifecycle import move_ticket
from tickets.limits import load_limits
from tickets.model import Actor, Area, Category, HistoryEvent, Person, Role, Status, Ticket, Urgency

NINE = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
LIMITS = load_limits()
DISPATCHER, SUPERVISOR = Actor("005", Role.DISPATCHER), Actor("001", Role.SUPERVISOR)
OFFICE = "隆回县民政局"
BUREAU = actor_of("bureau", OFFICE)
WORDS = {
    Kind.ACCEPTED: None,
    Kind.PROGRESS: "已入户核查",
    Kind.RETURNED: "不属本单位管",
    Kind.RESOLVED: "已发放500元",
}
NATURAL_ORDER = (Kind.ACCEPTED, Kind.PROGRESS, Kind.RETURNED, Kind.RESOLVED)


def filed() -> Ticket:
    bare = Ticket(
        number="20260312-0001-0", category=Category.TEMPORARY, urgency=Urgency.NORMAL, status=Status.ACCEPTED,
        area=Area(), summary="", description="", applicant=Person(), beneficiary=None, relation=None,
        anonymous=False, channel="web", conversation_id=None, origin_message_id=None,
        opened_at=NINE, due_at=NINE + timedelta(days=5), office=OFFICE,
    )  # fmt: skip
    event = HistoryEvent(NINE, "hotline", "file", None, Status.ACCEPTED, None, changes_between(None, bare))
    return replace(bare, history=(event,))


def moved(
    ticket: Ticket, transition: str, actor: Actor = SUPERVISOR, at: datetime = NINE, **given: Any
) -> Ticket:
    return move_ticket(ticket, transition, actor=actor, at=at, deadlines=LIMITS, **given)


@pytest.fixture
def dispatched() -> Ticket:
    return moved(filed(), "dispatch", DISPATCHER, office=OFFICE)


def update(kind: Kind, at: datetime = TEN, **changes: Any) -> StatusUpdate:
    fields = {"id": f"msg_{kind}", "number": "20260312-0001-0", "at": at, "words": WORDS[kind]}
    return StatusUpdate(kind=kind, **fields | changes)


def told(ticket: Ticket, *kinds: Kind, actor: Actor = BUREAU, **changes: Any) -> Taken:
    """The last of several updates, each an hour after the one before, taken in in this order."""
    taken = Taken(ticket, Outcome.NOTED, None)
    for hour, kind in enumerate(kinds, start=1):
        at = NINE + timedelta(hours=hour)
        taken = taken_in(taken.ticket, update(kind, at, **changes), actor, at=at, deadlines=LIMITS)
    return taken


def test_accepted_signs_and_the_citizen_hears_who_has_taken_it_on(dispatched):
    taken = told(dispatched, Kind.ACCEPTED)

    assert (taken.outcome, taken.ticket.status) == (Outcome.MOVED, Status.SIGNED)
    assert taken.news and OFFICE in taken.news.text and taken.ticket.number in taken.news.text
    assert taken.ticket.history[-1].actor == "case-system:bureau"


def test_resolved_without_anything_before_makes_the_steps_in_between(dispatched):
    taken = told(dispatched, Kind.RESOLVED)

    assert [event.action for event in taken.ticket.history[2:]] == ["sign", "answer"]
    assert taken.ticket.status is Status.ANSWERED
    assert taken.ticket.history[-1].reason == "已发放500元"
    assert taken.ticket.version == len(taken.ticket.history)
    assert replayed(taken.ticket.history) == recorded_state(taken.ticket)


@pytest.mark.parametrize("status", [Status.DISPATCHED, Status.REASSIGNED, Status.SIGNED, Status.IN_PROGRESS,
                                    Status.EXTENDED, Status.ESCALATED])  # fmt: skip
def test_resolved_answers_from_every_state_at_an_office(dispatched, status):
    ways = {
        Status.DISPATCHED: (), Status.REASSIGNED: ("reassign",), Status.SIGNED: ("sign",),
        Status.IN_PROGRESS: ("sign", "start"), Status.EXTENDED: ("sign", "extend"),
        Status.ESCALATED: ("escalate",),
    }  # fmt: skip
    ticket = dispatched
    for step in ways[status]:
        ticket = moved(ticket, step, reason="有急事", office=OFFICE)
    assert ticket.status is status

    assert told(ticket, Kind.RESOLVED).ticket.status is Status.ANSWERED


def test_progress_is_noted_told_and_moves_nothing(dispatched):
    taken = told(dispatched, Kind.PROGRESS, their_id="A-7", office="救助科")

    event = taken.ticket.history[-1]
    assert (taken.outcome, taken.ticket.status, event.action) == (Outcome.NOTED, Status.DISPATCHED, "note")
    assert (event.reason, event.changes["their_id"]) == ("已入户核查", (None, "A-7"))
    assert event.changes["their_at"] == (None, TEN.isoformat())
    assert taken.news and "已入户核查" in taken.news.text
    assert replayed(taken.ticket.history) == recorded_state(taken.ticket)


def test_returned_goes_back_to_the_dispatcher_and_sounds_like_no_failure(dispatched):
    taken = told(dispatched, Kind.RETURNED)

    assert taken.ticket.status is Status.RETURNED
    assert taken.news
    assert not any(word in taken.news.text for word in ("退", "失败", "不属本单位管"))
    assert "别的单位" in taken.news.text


@pytest.mark.parametrize("late", [Kind.ACCEPTED, Kind.PROGRESS])
def test_what_comes_after_the_result_is_noted_and_the_citizen_not_bothered(dispatched, late):
    taken = told(dispatched, Kind.RESOLVED, late)

    assert (taken.outcome, taken.ticket.status, taken.news) == (Outcome.NOTED, Status.ANSWERED, None)
    assert taken.ticket.history[-1].action == "note"


@pytest.mark.parametrize(
    "order", [*permutations(NATURAL_ORDER)], ids=lambda order: "-".join(kind[:3] for kind in order)
)
def test_in_whatever_order_the_four_arrive_the_table_alone_decides(dispatched, order):
    """先到的“办结”或“退回”算数，后到的另一个被流转表拒绝；其余两种不论早晚都收下，不影响结果。"""
    at = {kind: NINE + timedelta(hours=hour) for hour, kind in enumerate(NATURAL_ORDER, start=1)}
    ticket, refused, notes = dispatched, [], 0
    for kind in order:
        try:
            taken = taken_in(
                ticket, update(kind, at[kind]), BUREAU, at=NINE + timedelta(hours=9), deadlines=LIMITS
            )
        except RuleBroken:
            refused.append(kind)
            continue
        ticket, notes = taken.ticket, notes + (taken.outcome is Outcome.NOTED)

    resolved_first = order.index(Kind.RESOLVED) < order.index(Kind.RETURNED)
    assert ticket.status is (Status.ANSWERED if resolved_first else Status.RETURNED)
    assert refused == [Kind.RETURNED if resolved_first else Kind.RESOLVED]
    ending = order.index(Kind.RESOLVED if resolved_first else Kind.RETURNED)
    assert notes == 1 + (order.index(Kind.ACCEPTED) > ending)
    assert replayed(ticket.history) == recorded_state(ticket)


@pytest.mark.parametrize("order", [*permutations((Kind.ACCEPTED, Kind.PROGRESS, Kind.RESOLVED))])
def test_without_a_return_every_order_ends_the_same(dispatched, order):
    ticket = dispatched
    for kind in order:
        ticket = told(ticket, kind).ticket

    signs = [event.action for event in ticket.history].count("sign")
    assert (ticket.status, signs) == (Status.ANSWERED, 1)
    assert {event.reason for event in ticket.history} >= {"已入户核查", "已发放500元"}


def test_a_second_accepted_does_not_take_the_ticket_out_of_escalation(dispatched):
    ticket = moved(told(dispatched, Kind.ACCEPTED).ticket, "escalate", reason="超过时限")

    assert told(ticket, Kind.ACCEPTED).ticket.status is Status.ESCALATED


@pytest.mark.parametrize("kind", NATURAL_ORDER)
def test_what_was_said_before_the_ticket_was_given_anew_moves_nothing(dispatched, kind):
    """第一次派单时发的旧消息，在第二次派单以后才到：只记，不算新单位的。"""
    ticket = moved(moved(dispatched, "return", reason="管不了"), "dispatch", DISPATCHER, TEN, office=OFFICE)

    taken = taken_in(ticket, update(kind, NINE), BUREAU, at=TEN, deadlines=LIMITS)

    assert (taken.outcome, taken.ticket.status, taken.news) == (Outcome.NOTED, Status.DISPATCHED, None)


def test_a_clock_that_is_four_minutes_slow_is_no_old_message(dispatched):
    taken = taken_in(
        dispatched, update(Kind.ACCEPTED, NINE - timedelta(minutes=4)), BUREAU, at=TEN, deadlines=LIMITS
    )

    assert taken.outcome is Outcome.MOVED


def test_a_ticket_that_was_never_with_this_office_is_not_there_for_it(dispatched):
    with pytest.raises(NotFound, match="no ticket"):
        told(dispatched, Kind.ACCEPTED, actor=actor_of("other", "新宁县民政局"))


@pytest.mark.parametrize(
    ("kind", "moves"), [(Kind.ACCEPTED, False), (Kind.PROGRESS, False), (Kind.RESOLVED, True)]
)
def test_an_office_that_has_given_the_ticket_up_may_only_add_words(dispatched, kind, moves):
    ticket = moved(dispatched, "reassign", reason="划错了", office="新宁县民政局")

    if moves:
        with pytest.raises(RuleBroken, match="it is with"):
            told(ticket, kind)
    else:
        taken = told(ticket, kind)
        assert (taken.outcome, taken.ticket.status, taken.news) == (Outcome.NOTED, Status.REASSIGNED, None)


@pytest.mark.parametrize("kind", NATURAL_ORDER)
def test_nothing_is_said_of_a_ticket_that_is_with_no_office_yet(kind):
    with pytest.raises(RuleBroken, match="never dispatched") as refused:
        told(filed(), kind, actor=actor_of("bureau", None))

    assert refused.value.allowed == ()


@pytest.mark.parametrize("kind", NATURAL_ORDER)
def test_nothing_is_added_to_an_erased_ticket(dispatched, kind):
    with pytest.raises(RuleBroken, match="erased"):
        told(replace(dispatched, erased_at=TEN), kind)


def test_a_refusal_names_the_state_and_the_open_moves(dispatched):
    with pytest.raises(RuleBroken, match="is answered: return is not allowed"):
        told(dispatched, Kind.RESOLVED, Kind.RETURNED)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("请打13812345678找王主任", "请打138****5678找王主任"),
        ("邻居身份证430524195003120028已核", "邻居身份证430************028已核"),
        ("请到民政办（0739-8231234）办理", "请到民政办（0739-8231234）办理"),
        ("民政办07398231234，老李13812345678", "民政办07398231234，老李138****5678"),
        ("卡号6222 0739 8231234 5678", "卡号622*************678"),
        ("工单20260312-0001-0", "工单20260312-0001-0"),
    ],
)
def test_the_citizen_is_told_no_numbers_of_people_but_those_of_offices(written, read):
    assert public_words(written) == read


def test_the_result_is_told_again_with_the_progress_until_it_is_reopened(dispatched):
    answered = told(dispatched, Kind.RESOLVED).ticket

    assert "已发放500元" in (last_result(answered) or "")
    assert last_result(moved(answered, "reopen", reason="钱没到")) is None
    assert last_result(replace(answered, erased_at=TEN)) is None


def test_an_answer_that_the_desk_wrote_for_itself_is_not_shown(dispatched):
    answered = moved(moved(dispatched, "sign"), "answer", reason="电话里说清了")

    assert last_result(answered) is None
