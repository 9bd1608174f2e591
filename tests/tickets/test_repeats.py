"""并单：同一个人的同一件事补充到原工单；拿不准的只关联，说明理由，都能撤回。"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tickets.likeness import likeness
from tickets.model import Area, Category, NewTicket, Person, Status, Ticket, Urgency
from tickets.ports import Candidate
from tickets.repeats import load_repeat_rule

PAIRS = Path(__file__).parents[2] / "benchmarks" / "data" / "repeat_pairs.zh.yml"
RULE = load_repeat_rule()
OPENED = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)
FIRE = "昨天夜里厨房起火，房子烧掉一半，一家五口没有地方住"
FIRE_AGAIN = "厨房起火那个，房子烧掉一半，怎么还没有人来"
SCHOOL = "孩子考上大学，学费凑不齐"
PLACE = Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", "石桥村3组")

NEW = NewTicket(Category.TEMPORARY, Urgency.NORMAL, "", FIRE_AGAIN, PLACE, Person("李秀英", "13812345678"))


def earlier(
    number: str, words: str = FIRE, *, person: bool = True, place: bool = True, **changes
) -> Candidate:
    """A ticket that was filed before, by the same person from the same place unless said otherwise."""
    values = {name: getattr(NEW, name) for name in NewTicket.__dataclass_fields__} | {"description": words}
    ticket = Ticket(
        **values, number=number, status=Status.ACCEPTED, opened_at=OPENED, due_at=OPENED + timedelta(days=3)
    )
    return Candidate(replace(ticket, **changes), person, place)


def test_a_reminder_goes_to_the_open_ticket_with_the_reason():
    judged = RULE.judge(NEW, [earlier("20260312-0001-9")])

    assert judged.adds_to == "20260312-0001-9"
    assert "20260312-0001-9" in judged.reason
    assert judged.links == {}


def test_another_matter_of_the_same_person_is_only_linked():
    judged = RULE.judge(replace(NEW, description=SCHOOL), [earlier("20260312-0001-9")])

    assert judged.adds_to is None
    assert "20260312-0001-9" in judged.links["20260312-0001-9"]


def test_who_asks_for_the_ticket_she_has_gets_no_second_one():
    """群众说了“写进那张单子”：同一个人、同一类，说法再不像也补进去。"""
    asked = replace(NEW, description=f"{SCHOOL}，不用重新登了，写进那张单子")

    assert RULE.judge(asked, [earlier("20260312-0001-9")]).adds_to == "20260312-0001-9"
    assert RULE.judge(asked, [earlier("20260312-0001-9", person=False)]).adds_to is None


def test_a_reminder_finds_the_ticket_that_it_is_about_among_several():
    """同一个人有两张没办完的工单：补到说的那一张，而不是最新那一张。"""
    tickets = [earlier("20260312-0002-7", SCHOOL), earlier("20260312-0001-9", FIRE)]

    assert RULE.judge(NEW, tickets).adds_to == "20260312-0001-9"


@pytest.mark.parametrize("status", [Status.ANSWERED, Status.FOLLOWED_UP, Status.ARCHIVED, Status.WITHDRAWN])
def test_nothing_is_added_where_nobody_reads_any_more(status: Status):
    judged = RULE.judge(NEW, [earlier("20260312-0001-9", status=status)])

    assert judged.adds_to is None
    assert list(judged.links) == ["20260312-0001-9"]


def test_a_neighbour_with_the_same_words_is_linked_and_never_added_to():
    """同一个地方、说法相近，可能是邻居报的同一场火：只关联。"""
    judged = RULE.judge(NEW, [earlier("20260312-0001-9", person=False)])

    assert (judged.adds_to, list(judged.links)) == (None, ["20260312-0001-9"])


def test_a_neighbour_with_another_matter_is_not_linked():
    assert RULE.judge(NEW, [earlier("20260312-0001-9", SCHOOL, person=False)]).links == {}


@pytest.mark.parametrize(
    "changes",
    [{"beneficiary": "王奶奶"}, {"area": replace(PLACE, county="新邵县")}, {"anonymous": True}],
    ids=["for another neighbour", "in another county", "anonymous"],
)
def test_what_contradicts_or_was_said_without_a_name_is_left_alone(changes):
    judged = RULE.judge(replace(NEW, beneficiary="李大山"), [earlier("20260312-0001-9", **changes)])

    assert (judged.adds_to, judged.links) == (None, {})


def test_only_so_many_are_linked_the_newest_first():
    numbers = [f"20260312-000{n}-0" for n in range(6, 0, -1)]

    judged = RULE.judge(NEW, [earlier(number, SCHOOL) for number in numbers])

    assert list(judged.links) == numbers[: RULE.at_most]


def test_words_that_everybody_says_do_not_make_two_matters_alike():
    assert RULE.likeness("我想问一下我们家里的那个事情", "我们家里没有，想问一下你们") < 0.2


def test_the_same_words_are_fully_alike_whatever_the_punctuation():
    assert likeness("厨房起火，房子烧了", "厨房起火!房子烧了") == pytest.approx(1)
    assert likeness("", FIRE) == 0


def test_a_new_matter_is_hardly_ever_taken_for_an_old_one():
    """写死的下限：判为“同一件事”的，百分之九十五以上确实是；基准见 benchmarks/repeats.py。"""
    right = wrong = 0
    for groups in yaml.safe_load(PAIRS.read_text("utf-8")).values():
        for group in groups:
            for kind in ("same", "different"):
                for words in group[kind]:
                    if RULE.likeness(words, group["first"]) >= RULE.needed_likeness(words):
                        right += kind == "same"
                        wrong += kind == "different"

    assert right / (right + wrong) >= 0.95
    assert right >= 50, "and half of the reminders do find their ticket"


def test_a_reminder_that_sounds_like_a_complaint_still_finds_its_ticket():
    """“起火的事怎么还没人来”会被判成投诉，说的还是那场火；不是催办的，别的类别就不看。"""
    complaint = replace(NEW, category=Category.COMPLAINT)
    fresh = replace(complaint, description="窗口的人把我骂了一顿")

    assert RULE.judge(complaint, [earlier("20260312-0001-9")]).adds_to == "20260312-0001-9"
    assert RULE.judge(fresh, [earlier("20260312-0001-9")]).links == {}


def test_place_phone_and_yes_do_not_make_two_requests_of_a_person_alike():
    """登记时问出来的地点、电话、“确认”人人都一样，只比诉求本身。"""
    asked = "\n湖南省邵阳市隆回县司门前镇石桥村\n就是我自己\n13812345678\n确认"
    new = replace(NEW, summary=SCHOOL, description=SCHOOL + asked)

    judged = RULE.judge(new, [earlier("20260312-0001-9", FIRE + asked, summary=FIRE)])

    assert judged.adds_to is None


def test_nothing_is_added_to_or_from_an_anonymous_request():
    """匿名的诉求各立各的单：告诉她“您之前登记过”，就等于认出了她。"""
    judged = RULE.judge(replace(NEW, anonymous=True), [earlier("20260312-0001-9", anonymous=True)])

    assert judged.adds_to is None
    assert RULE.judge(replace(NEW, anonymous=True), [earlier("20260312-0001-9")]).links == {}
