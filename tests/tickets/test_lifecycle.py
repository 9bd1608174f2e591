"""The table of moves, after GB/T 33358-2016."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tickets.errors import RuleBroken
from tickets.history import changes_between, recorded_state, replayed
from tickets.lifecycle import CLOSED, MOVES, allowed_from, extension_requested, move_ticket, stage_due
from tickets.limits import load_limits
from tickets.model import Actor, Area, Category, HistoryEvent, Person, Role, Status, Ticket, Urgency
from tickets.texts import desk_texts

NINE_O_CLOCK = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)
TEN_O_CLOCK = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)
LIMITS = load_limits()
AGENT = Actor("017", Role.DESK)
DISPATCHER = Actor("005", Role.DISPATCHER)
SUPERVISOR = Actor("001", Role.SUPERVISOR)
OFFICE = Actor("东街街道", Role.OFFICE)
CITIZEN = Actor("citizen", Role.CITIZEN)
SYSTEM = Actor("scheduler", Role.SYSTEM)


def ticket(status: Status = Status.ACCEPTED) -> Ticket:
    return Ticket(
        number="20260312-0001-0",
        category=Category.TEMPORARY,
        urgency=Urgency.NORMAL,
        status=status,
        area=Area(),
        summary="",
        description="",
        applicant=Person(),
        beneficiary=None,
        relation=None,
        anonymous=False,
        channel="web",
        conversation_id=None,
        origin_message_id=None,
        opened_at=NINE_O_CLOCK,
        due_at=TEN_O_CLOCK,
    )


def move(before: Ticket, transition: str, actor: Actor, at: datetime = TEN_O_CLOCK, **given: Any) -> Ticket:
    """Moves by the limits that ship with the desk."""
    return move_ticket(before, transition, actor=actor, at=at, deadlines=LIMITS, **given)


def filed() -> Ticket:
    """A ticket with the event of its filing."""
    event = HistoryEvent(
        NINE_O_CLOCK, AGENT.name, "file", None, Status.ACCEPTED, changes=changes_between(None, ticket())
    )
    return replace(ticket(), history=(event,))


def signed() -> Ticket:
    """A ticket that an office has signed for."""
    return move(move(filed(), "dispatch", DISPATCHER, office="东街街道"), "sign", OFFICE)


def test_the_usual_way_leads_from_acceptance_to_the_archive():
    """受理→派单→签收→办理→答复→回访→归档。"""
    now = ticket()
    for transition, actor in [
        ("dispatch", DISPATCHER), ("sign", OFFICE), ("start", OFFICE), ("answer", OFFICE),
        ("follow_up", AGENT), ("archive", AGENT),
    ]:  # fmt: skip
        now = move(now, transition, actor, reason="已上门", office="东街街道")

    assert now.status is Status.ARCHIVED
    assert now.closed_at == TEN_O_CLOCK
    assert [event.to_status for event in now.history] == [
        "dispatched", "signed", "in_progress", "answered", "followed_up", "archived",
    ]  # fmt: skip


def test_the_desk_may_answer_by_itself():
    """政策咨询当场答复，不必派单。"""
    answered = move(ticket(), "answer_directly", AGENT, reason="已告知申请材料")

    assert answered.status is Status.ANSWERED


def test_a_dispatched_ticket_is_not_dispatched_again():
    """派单后的工单不能再次派单，以免两个街道重复上门；话里要说清现在的状态和还能做什么。"""
    dispatched = move(ticket(), "dispatch", DISPATCHER, office="东街街道")

    with pytest.raises(RuleBroken, match="20260312-0001-0 is dispatched: dispatch is not allowed") as caught:
        move(dispatched, "dispatch", DISPATCHER, office="西街街道")

    assert caught.value.allowed == ("reassign", "merge", "withdraw")
    assert "reassign" in str(caught.value)


def test_only_the_office_signs():
    """坐席不能替承办单位签收。"""
    with pytest.raises(RuleBroken, match="sign is for office, supervisor, not desk"):
        move(ticket(Status.DISPATCHED), "sign", AGENT)


def test_an_office_moves_only_what_is_with_it():
    """西街街道不能签收派给东街街道的工单。"""
    dispatched = move(ticket(), "dispatch", DISPATCHER, office="东街街道")

    with pytest.raises(RuleBroken, match="it is with 东街街道, not with 西街街道"):
        move(dispatched, "sign", Actor("030", Role.OFFICE, "西街街道"))

    assert move(dispatched, "sign", Actor("031", Role.OFFICE, "东街街道")).status is Status.SIGNED


def test_agents_take_down_and_dispatchers_send_out():
    """坐席登记，派单员派单：坐席不能自己派。"""
    with pytest.raises(RuleBroken, match="dispatch is for dispatcher, supervisor, not desk"):
        move(ticket(), "dispatch", AGENT, office="东街街道")


def test_software_escalates_and_does_nothing_else():
    assert {name for name, row in MOVES.items() if Role.SYSTEM in row.roles} == {"escalate"}


def test_a_citizen_withdraws_and_reopens_and_does_nothing_else():
    assert {name for name, row in MOVES.items() if Role.CITIZEN in row.roles} == {"withdraw", "reopen"}


def test_an_unknown_move_is_refused_with_the_moves_there_are():
    with pytest.raises(RuleBroken, match="allowed for desk: answer_directly"):
        move(ticket(), "teleport", AGENT)


@pytest.mark.parametrize(
    "transition", ["return", "reassign", "request_extension", "extend", "escalate", "answer", "withdraw"]
)
def test_moves_that_somebody_will_ask_about_need_a_reason(transition: str):
    """退单、改派、延期、督办、答复、撤销必须写明理由；空格不算理由。"""
    with pytest.raises(RuleBroken, match=r"needs .*reason"):
        move(ticket(Status.SIGNED), transition, SUPERVISOR, reason="  ", office="西街")


def test_a_dispatch_needs_an_office():
    with pytest.raises(RuleBroken, match="needs office"):
        move(ticket(), "dispatch", DISPATCHER)


def test_more_time_is_given_once_after_the_office_asked():
    """延期：承办单位申请，班长批准，只有一次。"""
    asked = move(signed(), "request_extension", OFFICE, reason="需入户核查")
    extended = move(asked, "extend", SUPERVISOR, reason="同意")

    assert (asked.status, asked.due_at) == (Status.SIGNED, ticket().due_at)
    assert extension_requested(asked) and not extension_requested(extended)
    assert extended.due_at > asked.due_at
    working = move(extended, "start", OFFICE)
    for transition, actor in (("request_extension", OFFICE), ("extend", SUPERVISOR)):
        with pytest.raises(RuleBroken, match="already given once"):
            move(working, transition, actor, reason="还要")


def test_the_office_that_asks_for_time_does_not_grant_it():
    """自己申请的延期不能自己批。"""
    asked = move(signed(), "request_extension", OFFICE, reason="需入户核查")

    with pytest.raises(RuleBroken, match="extend is for supervisor, not office"):
        move(asked, "extend", OFFICE, reason="同意")


def test_a_refused_request_leaves_the_promise_and_may_be_made_again():
    asked = move(signed(), "request_extension", OFFICE, reason="需入户核查")
    refused = move(asked, "refuse_extension", SUPERVISOR, reason="材料已经齐全")

    assert refused.due_at == asked.due_at
    assert not extension_requested(refused)
    assert extension_requested(move(refused, "request_extension", OFFICE, reason="住院联系不上"))


def test_more_time_is_asked_for_once_and_refused_only_when_asked_for():
    with pytest.raises(RuleBroken, match="nobody has asked"):
        move(signed(), "refuse_extension", SUPERVISOR, reason="不同意")
    asked = move(signed(), "request_extension", OFFICE, reason="需入户核查")
    with pytest.raises(RuleBroken, match="already asked for"):
        move(asked, "request_extension", OFFICE, reason="再问一次")


def test_a_reopened_matter_may_be_extended_once_again():
    extended = move(signed(), "extend", SUPERVISOR, reason="疑难")
    reopened = move(move(extended, "answer", OFFICE, reason="已办"), "reopen", CITIZEN, reason="没有到账")
    again = move(move(reopened, "dispatch", DISPATCHER), "sign", OFFICE)

    assert move(again, "extend", SUPERVISOR, reason="疑难").status is Status.EXTENDED


def test_reopening_takes_the_closing_time_away():
    closed = move(ticket(Status.FOLLOWED_UP), "archive", AGENT, NINE_O_CLOCK)

    reopened = move(closed, "reopen", CITIZEN, reason="钱没有到账")

    assert closed.closed_at == NINE_O_CLOCK
    assert reopened.closed_at is None


def test_a_matter_is_reopened_within_thirty_days_and_not_later():
    """重开只在办结后30天内；再晚就是新的诉求。"""
    closed = move(ticket(Status.FOLLOWED_UP), "archive", AGENT, NINE_O_CLOCK)

    last_chance = NINE_O_CLOCK + timedelta(days=30)
    assert move(closed, "reopen", CITIZEN, last_chance, reason="没有到账").status is Status.REOPENED
    with pytest.raises(RuleBroken, match="can be reopened for 30 days"):
        move(closed, "reopen", CITIZEN, last_chance + timedelta(seconds=1), reason="没有到账")


@pytest.mark.parametrize("status", sorted(MOVES["merge"].origins))
def test_a_merge_is_undone_to_where_the_ticket_was(status: Status):
    """并错了能撤回，回到并单前的状态。"""
    merged = move(ticket(status), "merge", DISPATCHER, reason="同一件事", into="20260312-0002-7")

    undone = move(merged, "unmerge", DISPATCHER, reason="不是一件事")

    assert (merged.status, merged.merged_into, merged.closed_at) == (
        Status.MERGED,
        "20260312-0002-7",
        TEN_O_CLOCK,
    )
    assert (undone.status, undone.merged_into, undone.closed_at, undone.related) == (status, None, None, ())
    assert undone.stage_due_at is not None


def test_every_open_state_has_a_time_for_its_next_step_and_no_closed_one_has():
    for status in Status:
        due = stage_due(ticket(status), NINE_O_CLOCK, LIMITS)
        assert (due is None) is (status in CLOSED), status


def test_events_alone_explain_the_state():
    """历史逐条累加，等于工单现在的样子：办理单位、时限、状态都说得清。"""
    now = filed()
    for transition, actor, given in [
        ("dispatch", DISPATCHER, {"office": "东街街道"}), ("return", OFFICE, {"reason": "不归我们管"}),
        ("reassign", DISPATCHER, {"office": "西街街道", "reason": "户籍在西街"}), ("sign", SUPERVISOR, {}),
        ("extend", SUPERVISOR, {"reason": "疑难"}), ("escalate", SYSTEM, {"reason": "逾期"}),
        ("merge", DISPATCHER, {"reason": "同一件事", "into": "20260312-0002-7"}),
        ("unmerge", DISPATCHER, {"reason": "并错了"}), ("withdraw", CITIZEN, {"reason": "解决了"}),
        ("reopen", CITIZEN, {"reason": "又没有了"}),
    ]:  # fmt: skip
        now = move(now, transition, actor, **given)

        assert replayed(now.history) == recorded_state(now), transition
        assert now.version == len(now.history)


def test_a_gap_in_the_history_is_noticed():
    history = signed().history

    with pytest.raises(ValueError, match="event 2 leaves dispatched, but the ticket was accepted"):
        replayed((history[0], history[2]))


def test_a_move_leaves_the_ticket_it_came_from_as_it_was():
    before = ticket()

    after = move(before, "dispatch", DISPATCHER, office="东街街道")

    assert (before.status, before.history, before.version) == (Status.ACCEPTED, (), 1)
    assert (after.version, len(after.history)) == (2, 1)


def test_no_state_is_a_dead_end_for_an_open_ticket():
    """没有结束的工单总有下一步，不会卡住。"""
    for status in Status:
        if status not in CLOSED:
            assert allowed_from(status), status


def test_every_state_can_be_reached_from_acceptance():
    reached = {Status.ACCEPTED}
    for _ in Status:
        reached |= {row.target for row in MOVES.values() if row.target and row.origins & reached}

    assert reached == set(Status)


def test_the_words_of_the_desk_name_every_state_and_every_move():
    """每个状态、每个动作都有中文名，导出和控制台才看得懂。"""
    beside_moves = {"file", "link", "unlink", "correct", "supplement", "split", "remind", "overdue", "erase"}

    assert set(desk_texts()["status"]) == {status.value for status in Status}
    assert set(desk_texts()["action"]) >= {*MOVES, *beside_moves}
