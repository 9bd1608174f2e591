"""登记：一句话里听出什么、还缺什么、怎么复述。"""

import pytest

from tickets.hearing import says_yes, tells_a_matter, understand
from tickets.intake import Draft
from tickets.intake_words import place_question, read_back
from tickets.model import Area, Category, Urgency
from tickets.places import place_choices, resolve_place


def hunan(text):
    return resolve_place(text, "430000")


def heard(text, asked=None, offered=()):
    return understand(text, asked, hunan, place_choices, offered)


def take(draft, text):
    """One round as the form does it: take the message in, then ask for the next thing."""
    asked = draft.asked[-1] if draft.asked else None
    draft = draft.hear(text, asked, heard(text, asked, draft.offered))
    return draft.asking(draft.missing() or "confirmed")


def talk(*messages):
    draft = Draft()
    for message in messages:
        draft = take(draft, message)
    return draft


@pytest.mark.parametrize(
    "said",
    [
        "13712340001",
        "１３７１２３４０００１",
        "137 1234 0001",
        "137-1234-0001",
        "幺三七幺二三四零零零幺",
        "+86 13712340001",
    ],
)
def test_a_phone_number_is_understood_however_it_is_written(said):
    """全角、空格、横线、口语数字都要听得懂。"""
    assert heard(said, "contact").phone == "13712340001"


def test_the_last_number_said_is_the_one_she_means():
    """说错了马上改口，以后一个号码为准。"""
    assert heard("13712340001，不对，13712340002", "contact").phone == "13712340002"


def test_a_number_that_is_too_short_is_noticed_not_taken():
    assert heard("1371234", "contact").phone is None
    assert heard("1371234", "contact").phone_piece == "1371234"


def test_a_landline_counts_as_a_phone():
    assert heard("0739-1234567", "contact").phone == "07391234567"


@pytest.mark.parametrize(
    ("said", "relation"),
    [
        ("我想给我娘办", "母亲"),
        ("隔壁李爹爹没人管", "邻居"),
        ("我老伴瘫在床上", "配偶"),
        ("我下岗半年了，儿子还在读书", "本人"),
        ("路边有个流浪的人睡了几天", "路遇"),
        ("我爸天天赌钱不管我，我跟着姑姑过", "本人"),
        ("老公跟我离了，我带着两个小的没收入", "本人"),
    ],
)
def test_whom_it_is_about_is_heard_from_the_story(said, relation):
    """代办：来电的人不一定是要帮助的人。"""
    assert heard(said).relation == relation


def test_a_name_belongs_to_the_caller_or_to_the_one_who_needs_help():
    assert heard("我叫石海").own_name == "石海"
    assert heard("我叫石海").other_name is None
    assert heard("我娘名叫周秀英").other_name == "周秀英"


def test_a_rare_surname_is_a_name_too():
    assert heard("我叫庾小山，住在洞口县").own_name == "庾小山"


def test_asking_for_help_alone_is_not_yet_a_matter():
    """“我要登记求助”还没有说发生了什么，要接着问。"""
    assert not tells_a_matter("您好，我想申请低保", heard("您好，我想申请低保"))
    assert tells_a_matter("我想申请低保，家里没有收入了", heard("我想申请低保，家里没有收入了"))


def test_a_place_or_a_phone_alone_is_not_a_matter():
    text = "洞口县高沙镇，13712340001"
    assert not tells_a_matter(text, heard(text))


def test_everything_said_in_the_first_message_is_not_asked_again():
    """第一句就说全了，只剩确认。"""
    draft = talk("我家在洞口县高沙镇，我出车祸断了腿没有收入，电话13712340001")

    assert draft.asked == ("confirmed",)
    assert draft.phone == "13712340001"
    assert draft.area.county == "洞口县"
    assert draft.relation == "本人"


def test_a_request_takes_one_short_question_at_a_time():
    draft = Draft()
    asked = []
    for message in [
        "我要登记求助",
        "房子被大火烧了",
        "隆回县司门前镇",
        "我自己",
        "借住在弟弟家",
        "13712340001",
    ]:
        draft = take(draft, message)
        asked.append(draft.asked[-1])

    assert asked == ["matter", "place", "who", "detail", "contact", "confirmed"]


def test_a_later_statement_corrects_an_earlier_one():
    """“地点不对，是……”要替换旧地点，旧号码也不能留下。"""
    draft = talk("我家房子塌了，在隆回县司门前镇，电话13712340001")

    draft = take(draft, "地点不对，是洞口县高沙镇，电话改成13712340002")

    assert draft.area.county == "洞口县"
    assert draft.phone == "13712340002"
    assert read_back(draft)["contact"] == "13712340002"


def test_speaking_of_relatives_later_does_not_change_whom_it_is_about():
    draft = talk("我娘一个人瘫在床上没人照顾", "隆回县司门前镇")

    assert draft.relation == "母亲"
    assert take(draft, "我老公在外地打工，号码13712340001").relation == "母亲"


def test_nobody_is_asked_for_a_phone_that_they_refuse():
    draft = talk("我下岗了没有饭钱", "隆回县司门前镇", "不想留电话")

    assert draft.missing() is None
    assert draft.phone_refused


def test_the_place_is_asked_twice_at_most_then_taken_in_her_words():
    """说不出县名也要能登记，不能卡住。"""
    draft = talk("我家的房子被水冲走了", "就在老槐树那边", "老槐树旁边第三家")

    assert draft.place == "老槐树旁边第三家"
    assert draft.missing() != "place"


def test_a_place_that_may_be_several_is_asked_about_with_the_choices():
    """“鼓楼区”有四个：问是哪一个，不猜，也不含糊地再问一遍“哪个县”。"""
    draft = talk("房子被大火烧了", "新市镇")

    question = place_question(draft)

    assert draft.asked[-1] == "place"
    assert draft.place is None
    assert question is not None
    assert question.choices == (
        "湖南省岳阳市汨罗市新市镇、湖南省株洲市攸县新市镇，还是湖南省衡阳市耒阳市新市镇"
    )
    assert question.answers[-1] == "都不是"


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("攸县那个", "湖南省株洲市攸县新市镇"),
        ("衡阳的", "湖南省衡阳市耒阳市新市镇"),
        ("第二个", "湖南省株洲市攸县新市镇"),
        ("3", "湖南省衡阳市耒阳市新市镇"),
        ("后面那个", "湖南省衡阳市耒阳市新市镇"),
        ("不是汨罗也不是攸县", "湖南省衡阳市耒阳市新市镇"),
        ("湖南省岳阳市汨罗市新市镇", "湖南省岳阳市汨罗市新市镇"),
        ("都不是，是隆回司门前", "湖南省邵阳市隆回县司门前镇"),
        ("说错了，是洞口高沙镇", "湖南省邵阳市洞口县高沙镇"),
    ],
)
def test_an_answer_to_the_choice_is_understood_however_it_is_given(answer, place):
    draft = talk("房子被大火烧了", "新市镇", answer)

    assert draft.place == place
    assert draft.area.adcode
    assert draft.place_choices == ()
    assert draft.asked[-1] == "who"


def test_the_township_said_with_the_choice_is_kept():
    draft = talk("房子被大火烧了", "鼓楼区", "福州的，五凤街道")

    assert draft.area == Area("福建省", "福州市", "鼓楼区", "五凤街道", "350102")


def test_an_answer_that_leaves_two_is_asked_about_once_more():
    draft = talk("房子被大火烧了", "鼓楼区", "江苏的")

    assert draft.place is None
    assert draft.offered == draft.place_choices
    assert {choice.city for choice in draft.place_choices} == {"南京市", "徐州市"}
    assert take(draft, "徐州").area.adcode == "320302"


def test_none_of_the_choices_is_asked_for_openly_again():
    draft = talk("房子被大火烧了", "鼓楼区", "都不是")

    assert draft.asked[-1] == "place"
    assert draft.place is None
    assert place_question(draft) is None


def test_between_two_counties_the_caller_decides():
    """“隆回还是洞口我也搞不清”：由她定，不由我们定。"""
    draft = talk("房子被大火烧了", "隆回还是洞口我也搞不清")

    assert [choice.county for choice in draft.place_choices] == ["隆回县", "洞口县"]
    assert take(draft, "隆回那个").area.county == "隆回县"


def test_a_township_that_many_counties_have_is_joined_with_the_county_said_next():
    """龙潭镇太多，念不完就问县；说了县，前面说的镇不能丢。"""
    draft = talk("房子被大火烧了", "龙潭镇")
    assert place_question(draft) is None

    draft = take(draft, "溆浦的")

    assert draft.area == Area("湖南省", "怀化市", "溆浦县", "龙潭镇", "431224")


def test_a_choice_that_she_cannot_make_still_reaches_the_right_city():
    """两次都说不清，就照她的原话登记；肯定的那一级（邵阳市）仍然留着，派得出去。"""
    draft = talk("房子被大火烧了", "隆回还是洞口我也搞不清", "我真的不晓得")

    (ticket,) = draft.to_tickets(conversation_id="c", message_id="m", channel="web")

    assert draft.missing() != "place"
    assert (ticket.area.city, ticket.area.county, ticket.area.adcode) == ("邵阳市", None, None)
    assert "我真的不晓得" in ticket.area.detail


def test_a_vague_place_in_later_talk_does_not_undo_the_one_that_is_known():
    draft = talk("房子被大火烧了", "隆回县司门前镇", "我自己，以前住鼓楼区")

    assert draft.area.township == "司门前镇"


def test_every_word_said_is_kept_in_the_ticket():
    draft = talk("房子被大火烧了", "隆回县司门前镇", "我自己", "还有两个小孩在读书", "13712340001")

    (ticket,) = draft.to_tickets(conversation_id="c", message_id="m", channel="web")

    assert "还有两个小孩在读书" in ticket.description
    assert ticket.area.township == "司门前镇"
    assert ticket.applicant.phone == "13712340001"


def test_an_anonymous_caller_leaves_no_name():
    draft = talk("隔壁小孩天天挨饿没人管，别说是我，我不留名", "临湘市羊楼司镇")

    (ticket,) = draft.to_tickets(conversation_id="c", message_id="m", channel="web")

    assert ticket.anonymous
    assert ticket.applicant.name is None
    assert ticket.applicant.phone is None


def test_category_and_urgency_come_from_the_whole_story():
    draft = talk("山洪把我家房子冲垮了，现在没有地方住也没有吃的", "隆回县司门前镇", "不留电话")

    (ticket,) = draft.to_tickets(conversation_id="c", message_id="m", channel="web")

    assert ticket.category is Category.DISASTER
    assert ticket.urgency is Urgency.URGENT


@pytest.mark.parametrize("said", ["对", "是的，没错", "确认", "可以提交", "嗯嗯", "好的"])
def test_a_plain_yes_is_a_yes(said):
    assert says_yes(said)


@pytest.mark.parametrize("said", ["不对", "错了", "先别提交", "不是我，是我妈"])
def test_a_no_is_never_taken_for_a_yes(said):
    """没有说“对”，就不能登记。"""
    assert not says_yes(said)


def test_a_draft_survives_being_stored_between_messages():
    draft = talk("房子被大火烧了", "鼓楼区")

    assert draft.place_choices
    assert Draft.from_dict(draft.to_dict()) == draft


def test_a_place_put_right_in_the_same_breath_is_the_one_meant():
    """先说错、马上改口：只算后面说的那个镇，不再问。"""
    told = heard("住洞口县高沙镇，讲错了，是毓兰镇", "place")

    assert told.area and told.area.township == "毓兰镇"
    assert told.choices == ()


def test_who_answers_something_else_than_the_place_has_not_named_one():
    """问是哪个镇，她报了姓名电话：地点只写已经知道的，不把姓名电话写进去。"""
    draft = Draft(
        matter="屋塌了", asked=("matter", "place", "place"), area=Area("湖南省", "娄底市", "新化县")
    )

    told = draft.hear("我叫伍桂花，13712340001", "place", heard("我叫伍桂花，13712340001", "place"))

    assert told.place == "湖南省娄底市新化县"


def test_a_second_need_that_begins_with_he_is_about_the_same_person():
    """“另外他上个月住院”说的还是前面那位父亲，不是来电的人。"""
    told = Draft(
        story=("我爸八十三了，高龄津贴一直没有领，另外他上个月住院自己出了五万多，能不能也申请医疗救助",),
        matter="高龄补贴没领",
        relation="父亲",
        own_name="罗大山",
        other_name="罗长秋",
    )

    tickets = told.to_tickets(conversation_id="c", message_id="m", channel="web")

    assert [ticket.relation for ticket in tickets] == ["父亲"] * len(tickets) and len(tickets) == 2
    assert {ticket.beneficiary for ticket in tickets} == {"罗长秋"}
