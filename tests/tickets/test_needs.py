"""一次说了几件事：分成几件，哪些仍是一件。"""

import pytest

from tickets.hearing import SELF, understand
from tickets.intake import Draft
from tickets.model import Category
from tickets.needs import needs_of
from tickets.places import place_choices, resolve_place


def categories(told):
    return [need.category for need in needs_of(told)]


def draft_of(*messages):
    draft = Draft()
    for message in messages:
        asked = draft.asked[-1] if draft.asked else None
        heard = understand(message, asked, resolve_place, place_choices, draft.offered)
        draft = draft.hear(message, asked, heard)
        draft = draft.asking(draft.missing() or "confirmed")
    return draft


def tickets_of(draft):
    return draft.to_tickets(conversation_id="c1", message_id="m1", channel="web")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("我失业了，孩子上幼儿园也交不起", [Category.EMPLOYMENT, Category.EDUCATION]),
        ("我想给我妈申请低保，另外我儿子的残疾证怎么办", [Category.MINIMUM_LIVING, Category.DISABILITY]),
        ("想申请低保和残疾人两项补贴，我腿截肢了", [Category.MINIMUM_LIVING, Category.DISABILITY]),
        (
            "我要投诉村干部不给我盖章，还有我家的房子裂了好大一条缝不敢住",
            [Category.COMPLAINT, Category.HOUSING],
        ),
        ("我想办残疾证顺便问一下低保怎么申请", [Category.DISABILITY, Category.MINIMUM_LIVING]),
    ],
)
def test_several_things_told_at_once_are_several_needs_in_the_order_told(told, expected):
    assert categories(told) == expected


@pytest.mark.parametrize(
    ("told", "category"),
    [
        ("我是低保户，出院后欠了医院两万多块，实在还不上", Category.MEDICAL),
        ("房子被大水冲了，没地方住也没饭吃", Category.DISASTER),
        ("家里老人瘫痪，孩子在读书，我一个人打零工，想申请低保", Category.MINIMUM_LIVING),
        ("请问特困供养和低保有什么区别，哪个钱多", Category.EXTREME_POVERTY),
        ("孩子考上大学了，他爸残疾，我又没工作，学费交不起", Category.EDUCATION),
    ],
)
def test_one_hardship_with_its_reasons_and_consequences_is_one_need(told, category):
    assert categories(told) == [category]


def test_one_need_keeps_all_the_words():
    told = "想申请低保\n隆回县桃洪镇\n老公瘫了，我有高血压，孩子读高三"

    assert [need.words for need in needs_of(told)] == [told]


def test_at_most_three_needs_are_told_apart():
    told = "一是申请低保，二是孩子要助学贷款，三是老人要办高龄补贴，第四我想申请公租房"

    assert len(needs_of(told)) == 3


def test_the_words_of_a_need_are_those_about_it_without_another_thing_and_without_the_word_that_joins_them():
    first, second = needs_of("我想给我妈申请低保，另外我儿子的残疾证怎么办")

    assert (first.words, second.words) == ("我想给我妈申请低保", "我儿子的残疾证怎么办")


def test_a_plight_that_is_only_a_reason_stays_in_the_words_of_the_need_it_is_told_for():
    """爸爸瘫痪是申请低保的缘由，不单列，也不丢。"""
    told = "我爸瘫痪在床没人管，想给他申请低保，另外我妹妹的助学金没发"

    first, second = needs_of(told)

    assert "瘫痪" in first.words
    assert (first.category, second.category) == (Category.MINIMUM_LIVING, Category.EDUCATION)


def test_a_need_that_leaves_out_the_person_carries_the_person_along():
    """单独看也知道是谁的事。"""
    _, second = needs_of("我爸瘫痪了想办残疾证，还有高龄补贴也没领到")

    assert (second.words, second.about) == ("我爸高龄补贴也没领到", "父亲")


def test_each_need_names_the_person_it_is_about():
    told = "我下岗了，老公住院医药费交不起，儿子的学费也交不起"

    assert [need.about for need in needs_of(told)] == [SELF, "配偶", "子女"]


def test_a_later_answer_without_a_word_for_one_more_thing_is_no_new_need():
    told = "孩子学费交不起\n武冈市\n三个月了，我老公下岗以后就没钱了"

    assert categories(told) == [Category.EDUCATION]


def test_one_more_thing_in_a_later_message_is_a_need_and_places_and_phones_are_no_part_of_it():
    told = (
        "我妈瘫在床上，想申请护理补贴\n隆回县司门前镇\n另外我自己没工作，能不能安排个公益性岗位\n13800138000"
    )

    first, second = needs_of(told)

    assert (first.category, second.category) == (Category.DISABILITY, Category.EMPLOYMENT)
    assert "隆回" not in first.words
    assert "13800138000" not in second.words


def test_the_ticket_of_a_child_s_need_names_the_child():
    """孩子的事写孩子，自己的事写自己。"""
    draft = draft_of("我失业了，孩子上幼儿园也交不起", "隆回县司门前镇", "我叫李明，13712345678")

    own, child = tickets_of(draft)

    assert (own.category, own.relation, own.beneficiary) == (Category.EMPLOYMENT, SELF, "李明")
    assert (child.category, child.relation, child.beneficiary) == (Category.EDUCATION, "子女", None)
    assert child.applicant.name == "李明"


def test_a_need_of_the_household_is_not_filed_for_the_child_of_another_need():
    draft = draft_of(
        "洪水把我们家冲了，另外我女儿是残疾，轮椅也冲走了想再申请一个", "隆回县司门前镇", "13712345678"
    )

    house, child = tickets_of(draft)

    assert (house.category, house.relation) == (Category.DISASTER, SELF)
    assert (child.category, child.relation) == (Category.DISABILITY, "子女")
