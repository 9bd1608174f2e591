"""The desk: repeats, added words, corrections, links and merges, on real databases."""

from collections.abc import Callable
from typing import Any

import pytest

from tickets.errors import BadRequest, Conflict
from tickets.model import (
    Actor,
    Area,
    Category,
    NewTicket,
    Person,
    Role,
    Status,
    Urgency,
)
from tickets.service import Desk

AGENT = Actor("017", Role.DESK)
DISPATCHER = Actor("005", Role.DISPATCHER)
SUPERVISOR = Actor("001", Role.SUPERVISOR)
OFFICE = Actor("司门前镇", Role.OFFICE)

Make = Callable[..., NewTicket]


def test_a_repeat_is_linked_with_a_visible_reason_and_stays_open(desk: Desk, new_ticket: Make, clock: Any):
    """同一个人、同一件事又打来：关联并写明原因，绝不悄悄并掉。"""
    first = desk.file(new_ticket())
    clock.forward(days=3)

    again = desk.file(new_ticket(applicant=Person(None, "+86 13812345678")))

    assert again.status is Status.ACCEPTED
    assert again.related == (first.number,)
    assert [event.action for event in again.history] == ["file", "link"]
    assert first.number in (again.history[1].reason or "")
    moved = desk.move(again.number, "dispatch", actor=DISPATCHER, office="司门前镇")
    assert moved.version == again.version + 1


@pytest.mark.parametrize(
    "changes",
    [
        {"category": Category.MEDICAL},
        {"area": Area("湖南省", "邵阳市", "新邵县")},
        {"applicant": Person("李秀英", "13900000000"), "description": "孩子上学交不起钱"},
        {"beneficiary": "王奶奶"},
    ],
    ids=["another matter", "another county", "another phone and matter", "for another neighbour"],
)
def test_what_differs_is_not_linked(desk: Desk, new_ticket: Make, changes: dict[str, Any]):
    desk.file(new_ticket(beneficiary="李大山"))

    assert desk.file(new_ticket(**({"beneficiary": "李大山"} | changes))).related == ()


def test_a_request_long_after_is_a_new_matter(desk: Desk, new_ticket: Make, clock: Any):
    desk.file(new_ticket())
    clock.forward(days=60)

    assert desk.file(new_ticket()).related == ()


def test_words_about_the_same_matter_go_to_the_open_ticket(desk: Desk, new_ticket: Make, clock: Any):
    """同一个人又来说同一件事：补充到原工单，不用拿两个号。"""
    first = desk.take_down(new_ticket(origin_message_id="m-1"))
    clock.forward(days=1)

    again = desk.take_down(new_ticket(origin_message_id="m-2", description="厨房起火东西都烧了，还没有人来"))

    assert (first.added, again.added) == (False, True)
    assert again.ticket.number == first.ticket.number
    assert [(one.action, one.reason) for one in again.ticket.history][1:] == [
        ("supplement", "厨房起火东西都烧了，还没有人来")
    ]
    _, because = desk.find(first.ticket.number).history[-1].changes["because"]
    assert because and "同一申请人" in because and first.ticket.number in because
    assert desk.find_by_origin("m-2") == again.ticket
    assert len(desk.list()) == 1


def test_a_repeated_message_adds_its_words_once(desk: Desk, new_ticket: Make):
    desk.take_down(new_ticket(origin_message_id="m-1"))
    more = new_ticket(origin_message_id="m-2", description="厨房起火东西都烧了，还没有人来")

    once, twice = desk.take_down(more), desk.take_down(more)

    assert once == twice and once.added
    assert desk.find(once.ticket.number).version == 2


def test_another_matter_of_the_same_person_gets_a_ticket_of_its_own(desk: Desk, new_ticket: Make):
    """换了一件事就是新工单，绝不藏进旧工单里；但互相看得见。"""
    first = desk.take_down(new_ticket())

    other = desk.take_down(new_ticket(description="孩子考上大学，学费凑不齐"))

    assert not other.added
    assert other.ticket.related == (first.ticket.number,)


def test_words_after_the_answer_get_a_ticket_of_their_own(desk: Desk, new_ticket: Make):
    """已经答复的工单没有人再看，新的话要开新单。"""
    first = desk.take_down(new_ticket()).ticket
    desk.move(first.number, "answer_directly", actor=AGENT, reason="已发放临时救助")

    again = desk.take_down(new_ticket())

    assert not again.added and again.ticket.related == (first.number,)
    with pytest.raises(Conflict, match="would not be read"):
        desk.supplement(first.number, "还没有收到", only_unanswered=True)


def test_an_anonymous_request_is_never_tied_to_a_name(desk: Desk, new_ticket: Make):
    """匿名诉求不与实名工单关联、合并，否则等于说出是谁。"""
    desk.take_down(new_ticket())

    hidden = desk.take_down(new_ticket(anonymous=True))

    assert not hidden.added and hidden.ticket.related == ()
    assert desk.take_down(new_ticket()).ticket.number != hidden.ticket.number


def test_added_words_can_be_given_a_ticket_of_their_own(desk: Desk, new_ticket: Make):
    """补充错了能拆出来：旧单新单互相关联，话一字不少。"""
    number = desk.take_down(new_ticket()).ticket.number
    desk.supplement(number, "孩子考上大学，学费凑不齐")

    new = desk.split(number, 2, actor=AGENT, reason="另一件事")

    assert (new.description, new.applicant, new.related) == (
        "孩子考上大学，学费凑不齐", new_ticket().applicant, (number,),
    )  # fmt: skip
    old = desk.find(number)
    assert (old.related, [one.action for one in old.history]) == (
        (new.number,),
        ["file", "supplement", "split"],
    )
    with pytest.raises(BadRequest, match="already have a ticket"):
        desk.split(number, 2, actor=AGENT, reason="再拆一次")


def test_a_correction_wins_and_never_makes_the_promise_longer(desk: Desk, new_ticket: Make, clock: Any):
    """坐席改正类别、紧急程度、地区；对群众的承诺只会提前，不会推后。"""
    filed = desk.file(new_ticket())
    hurried = desk.correct(filed.number, actor=AGENT, reason="屋里还有老人", urgency=Urgency.URGENT)
    clock.forward(hours=3)
    calmer = desk.correct(filed.number, actor=AGENT, reason="老人已接走", urgency=Urgency.NORMAL)

    assert hurried.due_at < filed.due_at
    assert calmer.due_at == hurried.due_at
    assert calmer.urgency is Urgency.NORMAL
    assert calmer.history[-1].changes["urgency"] == ("紧急", "普通")


def test_until_dispatch_the_office_follows_the_corrected_place(desk: Desk, new_ticket: Make):
    filed = desk.file(new_ticket())
    moved = desk.correct(
        filed.number, actor=AGENT, reason="人在新邵", area=Area("湖南省", "邵阳市", "新邵县", None, "430522")
    )
    desk.move(filed.number, "dispatch", actor=DISPATCHER)
    later = desk.correct(filed.number, actor=AGENT, reason="还是隆回", area=new_ticket().area)

    assert moved.office != filed.office
    assert later.office == moved.office, "with an office already: that takes a reassignment"


def test_a_correction_needs_a_reason_and_something_to_correct(desk: Desk, new_ticket: Make):
    number = desk.file(new_ticket()).number

    with pytest.raises(BadRequest, match="needs a reason"):
        desk.correct(number, actor=AGENT, reason=" ", urgency=Urgency.URGENT)
    with pytest.raises(BadRequest, match="changes nothing"):
        desk.correct(number, actor=AGENT, reason="核对", urgency=Urgency.NORMAL)


def test_added_words_make_a_ticket_more_urgent_never_less(desk: Desk, new_ticket: Make):
    number = desk.file(new_ticket(urgency=Urgency.PRIORITY)).number

    assert desk.supplement(number, "断粮了", urgency=Urgency.URGENT).urgency is Urgency.URGENT
    assert desk.supplement(number, "谢谢", urgency=Urgency.NORMAL).urgency is Urgency.URGENT


def test_nothing_is_added_to_a_closed_ticket(desk: Desk, new_ticket: Make):
    number = desk.file(new_ticket()).number
    desk.move(number, "withdraw", actor=AGENT, reason="不用了")

    with pytest.raises(Conflict, match="file a new one"):
        desk.supplement(number, "又需要了")


def test_a_link_holds_from_both_ends_and_is_undone_from_either(desk: Desk, new_ticket: Make):
    one, other = (desk.file(new_ticket(applicant=Person(), area=Area())).number for _ in range(2))

    desk.link(one, other, actor=AGENT, reason="邻居说的同一件事")
    assert (desk.find(one).related, desk.find(other).related) == ((other,), (one,))
    desk.unlink(other, one, actor=AGENT, reason="不是")
    assert (desk.find(one).related, desk.find(other).related) == ((), ())


def test_a_merge_is_undone_by_unmerge_and_not_by_unlinking_either_end(desk: Desk, new_ticket: Make):
    """并单的关联只能用撤回并单解开，不然并掉的工单就断了线。"""
    kept, extra = (desk.file(new_ticket(applicant=Person(), area=Area())).number for _ in range(2))
    desk.move(extra, "merge", actor=DISPATCHER, reason="同一件事", into=kept)

    for one, other in ((kept, extra), (extra, kept)):
        with pytest.raises(BadRequest, match="undo it with unmerge"):
            desk.unlink(one, other, actor=AGENT, reason="解开")

    undone = desk.move(extra, "unmerge", actor=DISPATCHER, reason="并错了")
    assert (undone.status, undone.related, desk.find(kept).related) == (Status.ACCEPTED, (), ())


def test_nothing_is_merged_into_a_ticket_that_has_ended(desk: Desk, new_ticket: Make):
    """并进已撤销的工单，等于没人管。"""
    ended, extra = (desk.file(new_ticket(applicant=Person(), area=Area())).number for _ in range(2))
    desk.move(ended, "withdraw", actor=AGENT, reason="不用了")

    with pytest.raises(BadRequest, match="is withdrawn: reopen it"):
        desk.move(extra, "merge", actor=DISPATCHER, reason="同一件事", into=ended)
