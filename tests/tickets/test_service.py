"""The desk: filing, finding, moving, on real databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from tickets import open_desk
from tickets.errors import BadNumber, BadRequest, Conflict, NotFound, RuleBroken
from tickets.model import (
    Actor,
    Area,
    Category,
    NewTicket,
    Person,
    Role,
    Status,
    TicketFilter,
    Urgency,
)
from tickets.numbering import make_number
from tickets.privacy import Sealer
from tickets.schema import ticket_disclosures
from tickets.service import Desk

AGENT = Actor("017", Role.DESK)
DISPATCHER = Actor("005", Role.DISPATCHER)
SUPERVISOR = Actor("001", Role.SUPERVISOR)
OFFICE = Actor("司门前镇", Role.OFFICE)

Make = Callable[..., NewTicket]


def test_a_filed_ticket_is_found_again_as_it_was_told(desk: Desk, new_ticket: Make):
    """说了什么就记什么，读回来一个字不差。"""
    new = new_ticket(beneficiary="李大山", relation="父亲", conversation_id="c-1")

    filed = desk.file(new)

    found = desk.find(filed.number)
    assert found == filed
    for field in (
        "category",
        "urgency",
        "summary",
        "description",
        "area",
        "applicant",
        "beneficiary",
        "relation",
    ):
        assert getattr(found, field) == getattr(new, field)
    assert found.status is Status.ACCEPTED
    assert [(event.action, event.actor) for event in found.history] == [("file", "hotline")]


def test_numbers_follow_the_beijing_day(desk: Desk, new_ticket: Make, clock: Any):
    first = desk.file(new_ticket())
    second = desk.file(new_ticket())
    clock.forward(hours=15)
    next_day = desk.file(new_ticket())

    assert [t.number for t in (first, second, next_day)] == [
        make_number(20260312, 1), make_number(20260312, 2), make_number(20260313, 1),
    ]  # fmt: skip


def test_the_same_message_gives_the_same_ticket(desk: Desk, new_ticket: Make, clock: Any):
    """群众重复点了确认，还是同一张工单。"""
    first = desk.file(new_ticket(origin_message_id="m-1"))
    clock.forward(minutes=5)

    again = desk.file(new_ticket(origin_message_id="m-1", description="手机卡了又发了一遍"))

    assert again == first
    assert desk.find_by_origin("m-1") == first
    assert len(desk.list()) == 1


def test_a_message_that_confirmed_nothing_has_no_ticket(desk: Desk):
    assert desk.find_by_origin("m-unknown") is None


def test_a_ticket_without_words_is_refused(desk: Desk, new_ticket: Make):
    with pytest.raises(BadRequest, match="description"):
        desk.file(new_ticket(description="  \n"))

    assert desk.list() == []


def test_a_promised_time_comes_with_the_ticket(desk: Desk, new_ticket: Make):
    urgent = desk.file(new_ticket(urgency=Urgency.URGENT))
    normal = desk.file(new_ticket(urgency=Urgency.NORMAL))

    assert urgent.opened_at < urgent.due_at < normal.due_at
    assert not urgent.is_overdue(urgent.due_at)
    assert urgent.is_overdue(urgent.due_at + timedelta(seconds=1))


def test_an_unknown_number_and_a_mistyped_one_are_told_apart(desk: Desk, new_ticket: Make):
    """按错一位：请再念一遍；号码对但没有：查无此单。"""
    number = desk.file(new_ticket()).number
    mistyped = number[:-1] + str((int(number[-1]) + 1) % 10)

    with pytest.raises(BadNumber):
        desk.find(mistyped)
    with pytest.raises(NotFound) as missing:
        desk.find(make_number(20260312, 999))
    assert not isinstance(missing.value, BadNumber)


def test_progress_needs_the_last_four_digits_of_the_phone(desk: Desk, new_ticket: Make):
    number = desk.file(new_ticket()).number

    assert desk.progress(number.replace("-", " "), "５６７８").number == number


@pytest.mark.parametrize("tail", ["", "0000", "678", "345678", "13812345678"])
def test_a_wrong_tail_and_a_missing_ticket_sound_the_same(desk: Desk, new_ticket: Make, tail: str):
    """不能用工单号试出别人有没有工单。"""
    number = desk.file(new_ticket()).number
    absent = make_number(20260312, 999)

    with pytest.raises(NotFound) as wrong:
        desk.progress(number, tail)
    with pytest.raises(NotFound) as missing:
        desk.progress(absent, "5678")

    assert type(wrong.value) is type(missing.value)
    assert str(wrong.value).replace(number, absent) == str(missing.value)


@pytest.mark.parametrize("phone", [None, "", "不方便说", "12"])
def test_without_a_usable_phone_no_tail_opens_the_ticket(desk: Desk, new_ticket: Make, phone: str | None):
    number = desk.file(new_ticket(applicant=Person("李秀英", phone), anonymous=True)).number

    for tail in ("", "0000", "12", phone or ""):
        with pytest.raises(NotFound):
            desk.progress(number, tail)


def test_the_list_is_newest_first_and_goes_on_where_it_stopped(desk: Desk, new_ticket: Make):
    numbers = [desk.file(new_ticket(applicant=Person())).number for _ in range(5)]

    page = desk.list(limit=2)
    rest = desk.list(limit=10, before=page[-1].number)

    assert [ticket.number for ticket in page + rest] == numbers[::-1]


def test_the_list_is_narrowed_by_status_category_and_time(desk: Desk, new_ticket: Make, clock: Any):
    old = desk.file(new_ticket(category=Category.MEDICAL, applicant=Person()))
    clock.forward(days=2)
    recent = desk.file(new_ticket(category=Category.MEDICAL, applicant=Person()))
    moved = desk.file(new_ticket(category=Category.HOUSING, applicant=Person()))
    desk.move(moved.number, "dispatch", actor=DISPATCHER, office="住建局")

    medical = desk.list(TicketFilter(category=Category.MEDICAL))
    assert [t.number for t in medical] == [recent.number, old.number]
    assert [t.number for t in desk.list(TicketFilter(status=Status.DISPATCHED))] == [moved.number]
    assert old.number not in {t.number for t in desk.list(TicketFilter(since=clock.now))}


def test_moves_are_kept_with_who_when_and_why(desk: Desk, new_ticket: Make, clock: Any):
    number = desk.file(new_ticket()).number
    clock.forward(minutes=30)
    desk.move(number, "dispatch", actor=DISPATCHER, office="司门前镇")
    desk.move(number, "return", actor=OFFICE, reason="户籍在六都寨镇")

    ticket = desk.find(number)

    assert (ticket.status, ticket.office, ticket.version) == (Status.RETURNED, "司门前镇", 3)
    last = ticket.history[-1]
    assert (last.at, last.actor, last.reason) == (clock.now, "司门前镇", "户籍在六都寨镇")


def test_a_forbidden_move_writes_nothing(desk: Desk, new_ticket: Make):
    filed = desk.file(new_ticket())

    with pytest.raises(RuleBroken, match=f"{filed.number} is accepted"):
        desk.move(filed.number, "archive", actor=AGENT)

    assert desk.find(filed.number) == filed


def test_a_move_on_an_outdated_ticket_is_a_conflict(desk: Desk, new_ticket: Make):
    """两个坐席同时开着同一张工单，后提交的要先看到新情况。"""
    seen = desk.file(new_ticket())
    desk.move(seen.number, "dispatch", actor=DISPATCHER, office="东街街道", version=seen.version)

    with pytest.raises(Conflict, match="version 2, not 1"):
        desk.move(seen.number, "withdraw", actor=AGENT, reason="群众说不用了", version=seen.version)


def test_extending_and_reopening_promise_a_new_time(desk: Desk, new_ticket: Make, clock: Any):
    ticket = desk.file(new_ticket(urgency=Urgency.URGENT))
    desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="司门前镇")
    signed = desk.move(ticket.number, "sign", actor=OFFICE)
    extended = desk.move(ticket.number, "extend", actor=SUPERVISOR, reason="需入户核查")
    desk.move(ticket.number, "answer", actor=OFFICE, reason="已发放临时救助")
    clock.forward(days=10)
    reopened = desk.move(ticket.number, "reopen", actor=AGENT, reason="钱没有到账")

    assert signed.due_at == ticket.due_at
    assert extended.due_at > ticket.due_at
    assert reopened.due_at > clock.now
    assert desk.find(ticket.number).due_at == reopened.due_at


def test_a_merged_ticket_and_the_one_that_stays_point_at_each_other(desk: Desk, new_ticket: Make):
    kept = desk.file(new_ticket(applicant=Person("李秀英")))
    extra = desk.file(new_ticket(applicant=Person("李秀英")))

    merged = desk.move(extra.number, "merge", actor=DISPATCHER, reason="同一件事", into=kept.number)

    assert merged.closed_at is not None
    assert desk.find(extra.number).related == (kept.number,)
    assert desk.find(kept.number).related == (extra.number,)


def test_a_ticket_is_not_merged_into_itself_or_into_nothing(desk: Desk, new_ticket: Make):
    number = desk.file(new_ticket()).number

    with pytest.raises(BadRequest, match="into itself"):
        desk.move(number, "merge", actor=DISPATCHER, reason="同一件事", into=number)
    with pytest.raises(RuleBroken, match="needs into"):
        desk.move(number, "merge", actor=DISPATCHER, reason="同一件事")


def test_the_list_finds_a_person_by_phone_and_a_region_by_its_code(desk: Desk, new_ticket: Make):
    mine = desk.file(new_ticket()).number
    other = desk.file(
        new_ticket(applicant=Person(None, "13900000000"), area=Area("湖南省", "长沙市", None, None, "430100"))
    ).number

    assert [t.number for t in desk.list(TicketFilter(phone="+86 138-1234-5678"))] == [mine]
    assert [t.number for t in desk.list(TicketFilter(adcode="4305"))] == [mine]
    assert [t.number for t in desk.list(TicketFilter(adcode="43"))] == [other, mine]


def test_showing_in_full_is_recorded_before_it_is_shown(
    desk: Desk, new_ticket: Make, engine: Engine, clock: Any
):
    """谁、什么时候、为什么看了全部信息，都有记录。"""
    number = desk.file(new_ticket()).number

    shown = desk.disclose(number, actor=AGENT, reason="回访核对电话")

    assert shown.applicant.phone == "138 1234 5678"
    with engine.connect() as connection:
        line = connection.execute(select(ticket_disclosures)).one()
    assert (line.actor, line.reason, line.number, line.at) == ("017", "回访核对电话", number, clock.now)


def test_nothing_is_shown_without_a_reason(desk: Desk, new_ticket: Make):
    number = desk.file(new_ticket()).number

    with pytest.raises(BadRequest, match="reason"):
        desk.disclose(number, actor=AGENT, reason=" ")


def test_an_export_resumes_behind_what_was_received(desk: Desk, new_ticket: Make):
    numbers = [desk.file(new_ticket(applicant=Person())).number for _ in range(4)]

    assert [t.number for t in desk.export()] == numbers
    assert [t.number for t in desk.export(after=numbers[1])] == numbers[2:]


def test_the_wrong_key_is_noticed_rather_than_shown_as_gibberish(
    desk: Desk, new_ticket: Make, engine: Engine
):
    number = desk.file(new_ticket()).number
    stranger = open_desk(engine, Sealer(bytes(32)))

    with pytest.raises(Exception, match="does not open with this key"):
        stranger.find(number)
