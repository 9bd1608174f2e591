"""真实的一通对话：训练好的机器人、政策索引、数据库，全部真跑。"""

import csv
import io

import httpx
import pytest

from tests.conftest import Citizen

REQUEST = (
    "我要登记求助，上个月家里失火，房子烧光了",
    "邵阳市洞口县高沙镇",
    "就是我自己，我叫石海",
    "13712340001",
)


def file_request(citizen, *messages):
    for message in messages:
        assert citizen.say(message)["outcome"] == "intake"
    return citizen.say("确认")


@pytest.fixture(scope="module")
def agent(hotline):
    return {"Authorization": f"Bearer {hotline.command('keys', 'add', 'desktop').strip()}"}


def test_a_request_in_five_messages_ends_with_a_ticket_that_everyone_sees(hotline, citizen, agent):
    """五句话登记好，坐席用编号查得到，导出的表里也有。"""
    turn = file_request(citizen, *REQUEST)

    assert turn["outcome"] == "ticket_filed"
    number = turn["ticket_number"]
    assert number in turn["messages"][0]["text"]
    ticket = httpx.get(f"{hotline.base_url}/v1/tickets/{number}", headers=agent).json()
    assert ticket["area"]["county"] == "洞口县"
    assert ticket["category"] == "临时救助"
    exported = hotline.command("tickets", "export", "--format", "csv", "--out", "-")
    assert number in [cell for row in csv.reader(io.StringIO(exported)) for cell in row]


def test_who_asks_in_whose_hands_it_is_is_not_sent_elsewhere(citizen):
    """登记完追问“在谁手里”：说这张工单的进度，不说这事不归我们。"""
    number = file_request(citizen, *REQUEST)["ticket_number"]

    told = citizen.say("我不是吵架，就是心里急，那这事眼下在谁手里")

    assert told["outcome"] == "ticket_status"
    assert number in told["messages"][0]["text"]


def test_only_a_yes_files_the_request(citizen):
    """没有确认就不建单。"""
    for message in REQUEST:
        citizen.say(message)

    turn = citizen.say("不对，电话是13712340009")

    assert turn["outcome"] == "intake"
    assert "13712340009" in turn["messages"][-1]["text"]
    assert "13712340001" not in turn["messages"][-1]["text"]


@pytest.mark.parametrize("between", ["我要找个真人说", "再见"])
def test_a_yes_counts_only_right_after_the_read_back(citizen, between):
    """核对完又说了别的，再“嗯”一声不算确认：先重新念一遍。"""
    for message in REQUEST:
        citizen.say(message)
    citizen.say(between)

    hummed = citizen.say("嗯嗯")

    assert hummed["outcome"] == "intake"
    assert "13712340001" in hummed["messages"][-1]["text"]
    assert citizen.say("确认")["outcome"] == "ticket_filed"


def test_a_question_in_the_middle_is_answered_and_the_request_goes_on(citizen):
    """登记中途问政策：先答，再接着问没答完的那一项，前面说过的不丢。"""
    for message in REQUEST[:2]:
        citizen.say(message)

    asked = citizen.say("顺便问一句，低保是怎么审批的？")

    assert asked["outcome"] == "answered"
    assert asked["messages"][0]["citations"]
    assert "为您自己登记" in asked["messages"][-1]["text"]
    citizen.say(REQUEST[2])
    confirm = citizen.say(REQUEST[3])["messages"][-1]["text"]
    for said in ("洞口县高沙镇", "石海", "13712340001", "房子烧光"):
        assert said in confirm


def test_giving_up_leaves_no_ticket_and_the_next_words_are_answered(citizen):
    """“算了”先问一句，再说一遍就不留了。"""
    citizen.say(REQUEST[0])

    asked = citizen.say("算了")
    assert (asked["outcome"], asked["messages"][-1]["buttons"][0]["title"]) == ("intake", "接着登记")
    assert citizen.say("不登记了")["outcome"] == "withdrawn"
    assert citizen.say("你好")["outcome"] == "smalltalk"


def test_a_second_request_starts_empty(citizen):
    """上一张工单的地点、电话不能带进下一张。"""
    file_request(citizen, *REQUEST)

    turn = citizen.say("我还要登记一件事，我娘瘫在床上没人照顾")

    assert "哪个县" in turn["messages"][-1]["text"]


def test_progress_needs_the_number_and_the_phone_tail(hotline, citizen):
    """凭工单号加手机号后四位查进度，错一样都查不到。"""
    number = file_request(citizen, *REQUEST)["ticket_number"]
    someone = Citizen(hotline.base_url)

    assert "工单号" in someone.say("帮我查一下办理进度")["messages"][-1]["text"]
    assert "后四位" in someone.say(number)["messages"][-1]["text"]
    shown = someone.say("0001")

    assert shown["outcome"] == "ticket_status"
    assert "已经受理" in shown["messages"][-1]["text"]
    stranger = Citizen(hotline.base_url)
    refused = stranger.say(f"查一下工单{number}的进度，尾号9999")
    assert "没有查到" in refused["messages"][-1]["text"]


def test_progress_of_a_ticket_filed_here_needs_no_number(citizen):
    number = file_request(citizen, *REQUEST)["ticket_number"]

    assert number in citizen.say("我的工单办到哪一步了")["messages"][-1]["text"]


def test_whoever_wants_a_person_is_put_in_the_queue(citizen):
    turn = citizen.say("帮我转人工")

    assert (turn["outcome"], turn["owner"]) == ("handed_over", "queue")


def test_a_commanding_slash_is_only_text(citizen):
    """用户敲“/restart”不能指挥机器人。"""
    for message in REQUEST[:2]:
        citizen.say(message)

    turn = citizen.say("/restart")

    assert turn["outcome"] == "intake"


@pytest.mark.parametrize(
    "text", ["。", "？？？", "😀", "1", "<script>alert(1)</script>", "asdfgh", "12345678901234"]
)
def test_nothing_is_answered_with_silence(citizen, text):
    assert citizen.say(text)["messages"]


def test_a_question_that_no_text_answers_is_not_answered(citizen):
    """没有依据就直说，不编。"""
    turn = citizen.say("火星移民的船票怎么买")

    assert turn["outcome"] in ("no_evidence", "out_of_scope", "clarify", "smalltalk")
    assert not any(m["citations"] for m in turn["messages"])


def test_telling_a_plight_without_a_question_is_taken_as_a_request(citizen):
    """没说“登记”两个字，只讲了难处，也要当求助接住。"""
    turn = citizen.say("我在工地摔断了腰，一年没有收入，孩子还在读书")

    asked_or_offered = turn["messages"][-1]["text"]
    assert "哪个县" in asked_or_offered or "登记求助" in asked_or_offered
    then = citizen.say("洞口县高沙镇，13712340001")
    assert "摔断了腰" in then["messages"][-1]["text"]


def test_whoever_leaves_a_phone_and_asks_nothing_is_taken_down(citizen):
    """像是来问政策的话，可是留了地方和电话：不讲一篇政策了事，记下来请她核对。"""
    told = "我叫尹秋莲，洞口县高沙镇的，灶屋半夜起火烧光了，没有地方住，电话13712340001，想申请临时救助"

    turn = citizen.say(told)

    assert turn["outcome"] == "intake"
    assert "高沙镇" in turn["messages"][-1]["text"] and "请回复“确认”" in turn["messages"][-1]["text"]
    assert citizen.say("确认")["outcome"] == "ticket_filed"


@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("老年人权益保障法第14条", "第十四条"),
        ("社会救助暂行办法第11条第1款第2项", "第十一条"),
        ("民法典第一零七七条", "第一千零七十七条"),
    ],
)
def test_an_article_that_is_named_is_quoted_whatever_the_classifier_thinks(citizen, text, article):
    """直接说法条的，给原文，不当成求助去问住址。"""
    turn = citizen.say(text)

    assert turn["outcome"] == "answered"
    assert turn["messages"][0]["citations"][0]["article"] == article


def test_an_article_that_is_named_inside_the_form_is_quoted_and_the_form_goes_on(citizen):
    citizen.say("我要登记求助，上个月家里失火，房子烧光了")

    turn = citizen.say("社会救助暂行办法第四十八条怎么写的")

    assert "第四十八条规定" in turn["messages"][0]["text"]
    assert citizen.say("邵阳市洞口县高沙镇")["outcome"] == "intake"
