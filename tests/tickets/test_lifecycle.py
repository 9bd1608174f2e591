"""The table of moves, after GB/T 33358-2016."""

from datetime import UTC, datetime

import pytest

from tickets.errors import RuleBroken
from tickets.lifecycle import CLOSED, MOVES, allowed_from, move_ticket
from tickets.model import Actor, Area, Category, Person, Role, Status, Ticket, Urgency
from tickets.texts import desk_texts

NINE_O_CLOCK = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)
TEN_O_CLOCK = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)
AGENT = Actor("017", Role.DESK)
SUPERVISOR = Actor("001", Role.SUPERVISOR)
OFFICE = Actor("东街街道", Role.OFFICE)


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


def test_the_usual_way_leads_from_acceptance_to_the_archive():
    """受理→派单→签收→办理→答复→回访→归档。"""
    now = ticket()
    for transition, actor in [
        ("dispatch", AGENT), ("sign", OFFICE), ("start", OFFICE), ("answer", OFFICE), ("follow_up", AGENT),
        ("archive", AGENT),
    ]:  # fmt: skip
        now = move_ticket(now, transition, actor=actor, at=TEN_O_CLOCK, reason="已上门", office="东街街道")

    assert now.status is Status.ARCHIVED
    assert now.closed_at == TEN_O_CLOCK
    assert [event.to_status for event in now.history] == [
        "dispatched", "signed", "in_progress", "answered", "followed_up", "archived",
    ]  # fmt: skip


def test_a_dispatched_ticket_is_not_dispatched_again():
    """派单后的工单不能再次派单，以免两个街道重复上门；话里要说清现在的状态和还能做什么。"""
    dispatched = move_ticket(ticket(), "dispatch", actor=AGENT, at=TEN_O_CLOCK, office="东街街道")

    with pytest.raises(RuleBroken, match="20260312-0001-0 is dispatched: dispatch is not allowed") as caught:
        move_ticket(dispatched, "dispatch", actor=AGENT, at=TEN_O_CLOCK, office="西街街道")

    assert caught.value.allowed == ("reassign", "merge", "withdraw")
    assert "reassign" in str(caught.value)


def test_only_the_office_signs():
    """坐席不能替承办单位签收。"""
    with pytest.raises(RuleBroken, match="sign is for office, supervisor, not desk"):
        move_ticket(ticket(Status.DISPATCHED), "sign", actor=AGENT, at=TEN_O_CLOCK)


def test_an_unknown_move_is_refused_with_the_moves_there_are():
    with pytest.raises(RuleBroken, match="allowed for desk: dispatch"):
        move_ticket(ticket(), "teleport", actor=AGENT, at=TEN_O_CLOCK)


@pytest.mark.parametrize("transition", ["return", "reassign", "extend", "escalate", "answer", "withdraw"])
def test_moves_that_somebody_will_ask_about_need_a_reason(transition: str):
    """退单、改派、延期、督办、答复、撤销必须写明理由；空格不算理由。"""
    with pytest.raises(RuleBroken, match=r"needs .*reason"):
        move_ticket(
            ticket(Status.SIGNED), transition, actor=SUPERVISOR, at=TEN_O_CLOCK, reason="  ", office="西街"
        )


def test_a_dispatch_needs_an_office():
    with pytest.raises(RuleBroken, match="needs office"):
        move_ticket(ticket(), "dispatch", actor=AGENT, at=TEN_O_CLOCK)


def test_reopening_takes_the_closing_time_away():
    closed = move_ticket(ticket(Status.FOLLOWED_UP), "archive", actor=AGENT, at=NINE_O_CLOCK)

    reopened = move_ticket(
        closed, "reopen", actor=Actor("citizen", Role.CITIZEN), at=TEN_O_CLOCK, reason="钱没有到账"
    )

    assert closed.closed_at == NINE_O_CLOCK
    assert reopened.closed_at is None


def test_a_move_leaves_the_ticket_it_came_from_as_it_was():
    before = ticket()

    after = move_ticket(before, "dispatch", actor=AGENT, at=TEN_O_CLOCK, office="东街街道")

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
        reached |= {move.target for move in MOVES.values() if move.origins & reached}

    assert reached == set(Status)


def test_the_words_of_the_desk_name_every_state_and_every_move():
    """每个状态、每个动作都有中文名，导出和控制台才看得懂。"""
    assert set(desk_texts()["status"]) == {status.value for status in Status}
    assert set(desk_texts()["action"]) == {*MOVES, "file", "link"}
