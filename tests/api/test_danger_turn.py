"""危险筛查在对话里：接着上一句听，拿不准就添一句关心的话。"""

from datetime import UTC, datetime, timedelta

import pytest

from api.chat.danger import DangerScreen, danger_phrases
from api.chat.danger_turn import RecentWords, recently_said, with_care
from api.chat.model import Button, EngineReply, Message, Outcome, Reply, Role
from knowledge.normalisation import searchable

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANSWER = EngineReply((Reply("低保到户籍所在地的乡镇申请。"),), Outcome.ANSWERED)
CARE = "要是心里难受得撑不住，随时可以打 12356。"


@pytest.fixture(scope="module")
def screen():
    return DangerScreen(danger_phrases(), searchable)


def message(seq, text, minutes_ago=0, role=Role.CITIZEN):
    return Message(seq, f"m_{seq}", "c_1", role, text, NOW - timedelta(minutes=minutes_ago))


def test_two_messages_are_an_alarm_together_that_neither_is_alone(screen):
    """上一句、这一句单看都不确定，合起来就是险情。"""
    before, now = "我爸有老年痴呆", "还没回来"

    assert screen.look(before) is None
    assert screen.look(now, ["低保要带什么材料"]) is None
    assert screen.judge(now, [before]).with_earlier


def test_after_an_alarm_a_plain_answer_is_no_second_alarm(screen):
    """已经报过的险情，后面的普通回答不再重复报。"""
    before = "我不想活了，安眠药我都买好了，今晚就吃"

    assert screen.look(before) is not None
    assert screen.look("我叫王建国", [before]) is None


def test_what_was_said_before_makes_no_plain_message_an_alarm(screen):
    assert screen.look("我叫王建国", ["低保要什么条件", "我家四口人"]) is None


def test_only_the_last_two_messages_of_the_last_minutes_count():
    transcript = [
        message(1, "很久以前说的", minutes_ago=30),
        message(2, "一", minutes_ago=5),
        message(3, "您好", minutes_ago=5, role=Role.ASSISTANT),
        message(4, "二", minutes_ago=4),
        message(5, "三", minutes_ago=3),
        message(6, "四"),
    ]

    recent = recently_said(transcript, transcript[-1])

    assert recent.by_citizen == ("二", "三")
    assert recent.by_hotline == {"您好"}


def test_a_doubt_adds_one_caring_sentence_and_leaves_the_outcome():
    """拿不准：照常答复，多一句关心和电话，结果还是原来的结果。"""
    answer = with_care(ANSWER, CARE, RecentWords((), frozenset()))

    assert [reply.text for reply in answer.replies] == [ANSWER.replies[0].text, CARE]
    assert answer.outcome is Outcome.ANSWERED


def test_the_caring_sentence_is_not_said_twice_in_a_row():
    assert with_care(ANSWER, CARE, RecentWords((), frozenset({CARE}))) == ANSWER


def test_without_doubt_nothing_is_added():
    assert with_care(ANSWER, None, RecentWords((), frozenset())) == ANSWER


def test_whoever_already_waits_for_a_person_hears_no_second_number():
    waiting = EngineReply((Reply("正在叫人"),), Outcome.HANDED_OVER)

    assert with_care(waiting, CARE, RecentWords((), frozenset())) == waiting


def test_a_hotline_calls_a_person_for_two_messages_together(desk_client):
    """整条热线：第二句合起来才危险，也要转人工、登记紧急工单。"""
    opened = desk_client.post("/v1/conversations", json={}).json()
    path = f"/v1/conversations/{opened['conversation_id']}/messages"
    headers = {"Authorization": f"Bearer {opened['token']}"}

    first = desk_client.post(path, json={"text": "我爸有老年痴呆"}, headers=headers).json()
    second = desk_client.post(path, json={"text": "还没回来"}, headers=headers).json()

    assert first["outcome"] != "crisis"
    assert second["outcome"] == "crisis"
    assert second["owner"] == "queue"
    assert "110" in second["messages"][0]["text"]


def test_the_open_question_stays_the_last_thing_said():
    """关心的话放在问题前面：按钮和要答的那句总在最后。"""
    asks = EngineReply(
        (Reply("记下了"), Reply("对不对？", buttons=(Button("确认", "确认"),))), Outcome.INTAKE
    )

    cared = with_care(asks, CARE, RecentWords((), frozenset()))

    assert [reply.text for reply in cared.replies] == ["记下了", CARE, "对不对？"]
