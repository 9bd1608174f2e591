"""登记的一问一答：怎么算确认、怎么算不办了、打断以后接着问哪一项。"""

from dataclasses import replace

import pytest

from tickets.hearing import understand
from tickets.intake import Draft
from tickets.intake_words import intake_words, question
from tickets.interview import Act, Said, next_step
from tickets.model import Area
from tickets.places import place_choices, resolve_place

LONGHUI = Area("湖南省", "邵阳市", "隆回县", adcode="430524")
DONGKOU = Area("湖南省", "邵阳市", "洞口县", adcode="430525")


def turn(draft, text, **how):
    """One message, as a listener hands it on."""
    asked = draft.asked[-1] if draft.asked else None
    told = understand(
        text,
        asked,
        lambda said: resolve_place(said, "430000"),
        lambda said: place_choices(said, "430000"),
        draft.offered,
    )
    return next_step(draft, Said(text, **how), told)


def talk(*messages, draft=None):
    draft = draft or Draft()
    for message in messages:
        draft = turn(draft, message).draft
    return draft


@pytest.fixture
def read_back():
    """A request that waits for its yes."""
    draft = talk("我娘瘫在床上没人照顾", "隆回县司门前镇", "13712340001")
    assert draft.asked[-1] == "confirmed"
    return draft


def test_only_a_yes_to_the_read_back_files(read_back):
    assert turn(read_back, "确认", affirms=True).act is Act.FILE
    assert turn(talk("我娘瘫在床上没人照顾"), "好的", affirms=True).act is Act.ASK


@pytest.mark.parametrize("parting", ["goodbye", "want_person"])
def test_a_yes_after_a_parting_is_read_back_first(read_back, parting):
    """说了再见、要了人工以后的一声“嗯”，不是对核对内容的确认。"""
    parted = turn(read_back, "先这样", aside=parting).draft

    step = turn(parted, "嗯", affirms=True)

    assert step.act is Act.ASK
    assert "13712340001" in question(step).text
    assert turn(step.draft, "嗯", affirms=True).act is Act.FILE


def test_a_yes_that_changes_something_is_read_back_again(read_back):
    step = turn(read_back, "对，电话改成13712340002", affirms=True)

    assert step.act is Act.ASK
    assert "13712340002" in question(step).text
    assert "13712340001" not in question(step).text


def test_giving_up_is_asked_once(read_back):
    """“算了”先问一句，免得手一滑全没了。"""
    step = turn(read_back, "算了", cancels=True)
    assert (step.act, step.draft.asked[-1]) == (Act.ASK, "cancel")

    assert turn(step.draft, "不登记了", cancels=True).act is Act.CANCELLED
    assert turn(step.draft, "是的", affirms=True).act is Act.CANCELLED


def test_who_thinks_better_of_it_goes_on_with_everything_said(read_back):
    asked = turn(read_back, "算了", cancels=True).draft

    step = turn(asked, "继续登记", affirms=True)

    assert step.draft == read_back
    assert step.notes == ("going_on",)


def test_an_answer_instead_of_yes_or_no_to_giving_up_is_taken_as_an_answer():
    asked = turn(talk("我娘瘫在床上没人照顾"), "算了", cancels=True).draft

    assert turn(asked, "隆回县司门前镇").draft.place == "湖南省邵阳市隆回县司门前镇"


def test_nothing_is_asked_about_giving_up_when_nothing_was_told():
    assert turn(talk("我要登记求助"), "算了，下次再说", cancels=True).act is Act.CANCELLED


@pytest.mark.parametrize("how", [{"asks": True}, {"aside": "greet"}])
def test_an_interruption_leaves_the_draft_as_it_was(how):
    draft = talk("我娘瘫在床上没人照顾")

    step = turn(draft, "低保怎么审批的", **how)

    assert step.act in (Act.ANSWER, Act.ASIDE)
    assert step.draft == draft


def test_a_phone_in_two_messages_is_put_together():
    """先发前半截，再发后半截。"""
    draft = talk("我娘瘫在床上没人照顾", "隆回县司门前镇")

    first = turn(draft, "我号码是137123")
    second = turn(first.draft, "40001")

    assert first.notes == ("phone_goes_on",)
    assert second.draft.phone == "13712340001"


def test_a_phone_that_was_put_right_stays_nowhere_in_the_ticket():
    draft = talk("我娘瘫在床上没人照顾", "隆回县司门前镇", "幺三七 1234 0001", "错了，是13712340002")

    (ticket,) = draft.to_tickets(conversation_id="c", message_id="m", channel="web")

    assert ticket.applicant.phone == "13712340002"
    assert "幺三七" not in ticket.description
    assert "0001" not in ticket.description


def test_a_phone_put_right_in_the_same_breath_leaves_no_trace_either():
    draft = talk("我娘瘫在床上没人照顾，隆回县司门前镇，13712340001，说错了，13712340002")

    (ticket,) = draft.to_tickets(conversation_id="c", message_id="m", channel="web")

    assert "13712340001" not in ticket.description + ticket.summary


def test_nobody_is_asked_for_a_phone_more_than_twice():
    """问两遍都没给，就当不留电话，照样登记。"""
    draft = talk("我娘瘫在床上没人照顾", "隆回县司门前镇", "我不太会用这个", "等我儿子回来再说")

    assert draft.phone_refused
    assert draft.asked[-1] == "confirmed"


def test_where_somebody_works_does_not_replace_where_the_family_lives():
    draft = talk("我娘瘫在床上没人照顾", "隆回县司门前镇", "我在广东省东莞市打工，13712340001")

    assert draft.area.county == "隆回县"


def test_what_is_added_to_the_read_back_stands_in_the_next_one(read_back):
    step = turn(read_back, "她还有糖尿病")

    assert "糖尿病" in question(step).text


def test_an_identity_number_is_kept_only_when_it_can_be_one():
    right, wrong = "430524196003152225", "430524196003152221"

    assert turn(Draft(), f"我叫石海，身份证{right}").draft.id_number == right
    step = turn(Draft(), f"我叫石海，身份证{wrong}")
    assert step.draft.id_number is None
    assert "id_mistyped" in step.notes


def test_a_complaint_is_not_asked_for_whom_it_is():
    draft = talk("我要投诉，办事窗口一直没人", "隆回县民政窗口")

    assert "who" not in draft.asked


def test_between_two_places_there_is_a_button_for_each_and_one_for_neither():
    """“是隆回县，还是洞口县？”可以点，也可以说都不是。"""
    draft = Draft(matter="房子塌了", place_choices=(LONGHUI, DONGKOU)).asking("place")
    spoken = question(replace(turn(Draft(), "房子塌了"), draft=draft, notes=()))

    assert "湖南省邵阳市隆回县，还是湖南省邵阳市洞口县" in spoken.text
    assert [sends for _, sends in spoken.buttons] == ["湖南省邵阳市隆回县", "湖南省邵阳市洞口县", "都不是"]


def test_the_read_back_has_every_field(read_back):
    text = question(turn(read_back, "她叫周秀英，78岁")).text

    for said in ("瘫在床上", "隆回县司门前镇", "母亲", "周秀英", "78岁", "13712340001"):
        assert said in text


def test_every_note_and_question_has_its_words():
    say = intake_words()
    assert {"matter", "place", "who", "contact", "confirmed", "cancel"} <= set(say["ask"])
    assert set(say["asks_by_itself"]) <= set(say["notes"])


def test_the_age_of_a_relative_is_not_written_down_for_the_caller():
    """“我失业了，我妈八十一岁……”：八十一岁不是来电的人。"""
    assert talk("我失业八个月了，我妈八十一岁瘫在床上").age is None
    assert talk("我妈八十一岁瘫在床上没人照顾").age == "八十一岁"


def test_after_the_read_back_nothing_new_is_asked():
    """复述过了再改号码，直接重新复述，不再冒出新问题。"""
    draft = talk(
        "我要登记求助，我娘瘫在床上没人照顾，药费也出不起", "洞口县高沙镇", "替我娘登记，电话13712340002"
    )
    assert draft.asked[-1] == "confirmed"

    again = talk("不对，电话说错了，是13712340003", draft=draft)

    assert again.asked[-1] == "confirmed"
    assert again.told == draft.told
