"""工作用的工单列表，两种数据库结果一样：先到期的在前，各种条件可以叠加，一页接一页。"""

from datetime import timedelta

import pytest

from tickets.errors import BadRequest
from tickets.lists import GROUPS, OPEN, Group, Order, TicketLists, TicketQuery
from tickets.model import Actor, Role, Status, TicketFilter, Urgency
from tickets.privacy import Sealer
from tickets.remaining import next_due

LEAD = Actor("banzhang", Role.SUPERVISOR)
KEY = bytes(range(32))


@pytest.fixture
def lists(engine) -> TicketLists:
    return TicketLists(engine, Sealer(KEY))


def numbers(lists: TicketLists, query: TicketQuery = TicketQuery(), **how) -> list[str]:  # noqa: B008
    return [ticket.number for ticket in lists.page(query, **how).tickets]


def test_every_status_is_in_exactly_one_group():
    assert sorted(status for group in GROUPS.values() for status in group) == sorted(Status)


def test_the_database_orders_by_the_same_time_that_people_are_shown(lists, desk, new_ticket, clock):
    """数据库排的先后，就是页面上说的期限的先后；结束的排最后。"""
    made = []
    for urgency in (Urgency.NORMAL, Urgency.URGENT, Urgency.PRIORITY, Urgency.NORMAL):
        made.append(desk.file(new_ticket(urgency=urgency)).number)
        clock.forward(minutes=50)
    desk.move(made[0], "withdraw", actor=LEAD, reason="不办了")
    desk.move(made[1], "dispatch", actor=LEAD, office="隆回县民政局")

    found = lists.page(TicketQuery()).tickets

    dues = [next_due(ticket) for ticket in found]
    assert found[-1].number == made[0] and dues[-1] is None
    assert dues[:-1] == sorted(due for due in dues if due)


def test_a_promise_that_passed_counts_although_the_step_has_time(lists, desk, new_ticket, clock):
    """承诺时间已过、刚改派的工单：本环节还有时间，也算超时。"""
    number = desk.file(new_ticket(urgency=Urgency.URGENT)).number
    desk.move(number, "dispatch", actor=LEAD, office="隆回县民政局")
    clock.forward(hours=3)
    moved = desk.move(number, "reassign", actor=LEAD, office="司门前镇政府", reason="属镇里")
    assert moved.stage_due_at and moved.due_at < clock() < moved.stage_due_at

    assert numbers(lists, TicketQuery(due_until=clock())) == [number]
    assert numbers(lists, TicketQuery(due_from=clock())) == []


@pytest.mark.parametrize("order", list(Order))
def test_pages_leave_nothing_out_and_repeat_nothing_also_with_equal_deadlines(
    lists, desk, new_ticket, order: Order
):
    made = {desk.file(new_ticket()).number for _ in range(7)}
    for number in sorted(made)[:3]:
        desk.move(number, "withdraw", actor=LEAD, reason="不办了")
    seen, after = [], None
    while True:
        page = lists.page(TicketQuery(), order, after=after, limit=2)
        seen += [ticket.number for ticket in page.tickets]
        if page.after is None:
            break
        after = page.after

    assert sorted(seen) == sorted(made)
    assert seen == numbers(lists, order=order)


@pytest.mark.parametrize("after", ["~", "-~", "x~20260312-0001-1", "2026-03-12~20260312-0001-2", "'"])
@pytest.mark.parametrize("order", list(Order))
def test_a_cursor_from_nowhere_is_refused(lists, order: Order, after: str):
    with pytest.raises(BadRequest, match="from no page"):
        lists.page(TicketQuery(), order, after=after)


def test_conditions_add_up(lists, desk, new_ticket, clock):
    mine, other = desk.file(new_ticket()), desk.file(new_ticket())
    desk.move(mine.number, "dispatch", actor=LEAD, office="隆回县民政局_1%")

    at_office = TicketQuery(statuses=GROUPS[Group.AT_OFFICE])
    assert numbers(lists, at_office) == [mine.number]
    assert numbers(lists, TicketQuery(worked_on_by="banzhang")) == [mine.number]
    assert numbers(lists, TicketQuery(worked_on_by="banzhang", statuses=GROUPS[Group.CLOSED])) == []
    assert numbers(lists, TicketQuery(office_words="民政局_1%")) == [mine.number]
    assert numbers(lists, TicketQuery(office_words="民政局%")) == []
    assert numbers(lists, TicketQuery(digits=other.number[9:])) == [other.number]
    assert numbers(lists, TicketQuery(township=mine.area.township)) != []
    assert numbers(lists, TicketQuery(township="没有的镇")) == []
    assert numbers(lists, TicketQuery(TicketFilter(since=clock() + timedelta(days=1)))) == []


def test_counts_are_of_all_groups_whatever_is_looked_at(lists, desk, new_ticket):
    made = [desk.file(new_ticket()).number for _ in range(4)]
    desk.move(made[0], "withdraw", actor=LEAD, reason="不办了")
    desk.move(made[1], "answer_directly", actor=LEAD, reason="已说明")

    expected = {Group.TO_DISPATCH: 2, Group.AT_OFFICE: 0, Group.TO_FOLLOW_UP: 1, Group.CLOSED: 1}
    assert lists.counts(TicketQuery()) == lists.counts(TicketQuery(statuses=OPEN)) == expected
    assert lists.counts(TicketQuery(digits="999999999")) == dict.fromkeys(Group, 0)


def test_offices_and_who_saw_a_ticket_in_full(lists, desk, new_ticket):
    ticket = desk.file(new_ticket())
    desk.move(ticket.number, "dispatch", actor=LEAD, office="隆回县民政局")
    desk.disclose(ticket.number, actor=LEAD, reason="要回电话")
    desk.record_disclosure(actor=LEAD, reason="导出", scope="export")

    assert lists.offices() == ["隆回县民政局"]
    assert [(one.actor, one.reason) for one in lists.disclosures_of(ticket.number)] == [
        ("banzhang", "要回电话")
    ]
