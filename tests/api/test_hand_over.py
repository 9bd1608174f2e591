"""转人工：同一时刻只有一个主人，谁接、谁交、为什么都记着，群众听得到实话。"""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from api.chat.errors import ConversationClosed, HeldByOther, MessageRejected
from api.chat.hand_over_model import Reason
from api.chat.model import EngineReply, Outcome, Owner, Reply, Role
from api.chat.tables import owner_changes
from api.erasure import Erasure
from tests.api.filled import filled_house  # noqa: F401
from tests.api.hand_over_bench import ANSWER, MONDAY_NOON, Desk, working_desk  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.retention import load_retention

DANGER = "我老公正拿着刀追着打我"


def test_the_way_to_a_person_and_back_is_recorded_step_by_step(desk: Desk):
    citizen = desk.citizen()
    citizen.click_person()
    desk.hand_over.take(citizen.id, "007")
    desk.hand_over.transfer(citizen.id, "007", "008")
    desk.hand_over.hand_back(citizen.id, "008", "已联系街道")

    assert citizen.record == [
        (Owner.BOT, Owner.QUEUE, "citizen", Reason.ASKED),
        (Owner.QUEUE, Owner.AGENT, "007", Reason.TAKEN),
        (Owner.AGENT, Owner.AGENT, "007", Reason.TRANSFERRED),
        (Owner.AGENT, Owner.BOT, "008", Reason.HANDED_BACK),
    ]
    last = desk.store.owners.changes(citizen.id)[-1]
    assert (last.from_agent, last.note, last.at) == ("008", "已联系街道", MONDAY_NOON)


def test_the_record_can_neither_be_changed_nor_deleted(desk: Desk):
    """谁接过、谁交过，数据库自己不让改。"""
    citizen = desk.citizen()
    citizen.click_person()

    for statement in (update(owner_changes).values(actor="别人"), delete(owner_changes)):
        with pytest.raises(DBAPIError, match="append-only"), desk.house.engine.begin() as db:
            db.execute(statement)

    assert len(citizen.record) == 1


def test_two_agents_at_the_same_instant_one_gets_it_and_the_other_hears_who(desk: Desk):
    """两个坐席同时点接手：一个接到，另一个知道被谁接了。"""
    citizen = desk.citizen()
    citizen.click_person()
    gate, got, refused = threading.Barrier(8), [], []

    def take(agent: str) -> None:
        gate.wait()
        try:
            got.append(desk.hand_over.take(citizen.id, agent).agent)
        except HeldByOther as error:
            refused.append((error.owner, error.agent))

    threads = [threading.Thread(target=take, args=(f"{number:03}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 1
    assert refused == [("agent", got[0])] * 7
    assert len(citizen.record) == 2


def test_taking_ones_own_again_changes_and_says_nothing(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")
    before = citizen.heard()

    desk.hand_over.take(citizen.id, "007")

    assert citizen.heard() == before and len(citizen.record) == 1


def test_the_bot_is_silent_while_an_agent_has_it(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")
    before = len(citizen.heard())

    for said in ("低保怎么申请？", "转人工", "工作人员态度太差了", "前面还有几位"):
        turn = citizen.say(said)
        assert (turn.messages, turn.outcome, turn.owner) == ((), Outcome.HANDED_OVER, Owner.AGENT)

    assert all(role is Role.CITIZEN for role, _ in citizen.heard()[before:])


def test_an_answer_in_the_making_is_dropped_when_an_agent_takes_over(desk: Desk):
    """机器人正想着，坐席接手了：机器人的话就不发了。"""

    def taken_meanwhile(text, context):
        desk.hand_over.take(context.conversation_id, "007")
        return ANSWER

    citizen, desk.answer = desk.citizen(), taken_meanwhile

    turn = citizen.say("低保怎么申请？")

    assert (turn.messages, turn.outcome, turn.owner) == ((), Outcome.HANDED_OVER, Owner.AGENT)
    assert "可以申请。" not in [text for _, text in citizen.heard()]


def test_a_call_for_a_person_in_the_making_takes_nothing_from_the_agent(desk: Desk):
    def taken_meanwhile(text, context):
        desk.hand_over.take(context.conversation_id, "007")
        return EngineReply((Reply("好的"),), Outcome.HANDED_OVER)

    citizen, desk.answer = desk.citizen(), taken_meanwhile

    turn = citizen.say("想跟真人说话")

    assert (turn.owner, citizen.owner) == (Owner.AGENT, Owner.AGENT)


def test_a_number_filed_just_then_is_told_as_a_notice(desk: Desk):
    """登记成功的同时被接手：工单号照样告诉她，但不是机器人在说话。"""

    def files_and_is_taken(text, context):
        desk.hand_over.take(context.conversation_id, "007")
        return EngineReply((Reply("工单号是 1"),), Outcome.TICKET_FILED, "1")

    citizen, desk.answer = desk.citizen(), files_and_is_taken

    turn = citizen.say("确认")

    assert [(m.role, m.text) for m in turn.messages] == [(Role.SYSTEM, "工单号是 1")]


def test_danger_gets_its_number_even_then_but_not_from_the_bot(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")

    turn = citizen.say(DANGER)

    assert turn.outcome is Outcome.CRISIS
    assert "110" in turn.messages[0].text
    assert {m.role for m in turn.messages} == {Role.SYSTEM}
    assert citizen.owner is Owner.AGENT


def test_an_agent_speaks_once_however_often_it_is_sent(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")
    desk.announced.clear()

    first = desk.hand_over.say(citizen.id, "007", " 您好，我是值班员 ", "a1")
    again = desk.hand_over.say(citizen.id, "007", "您好，我是值班员", "a1")

    assert again == first and first.text == "您好，我是值班员"
    assert [text for role, text in citizen.heard() if role is Role.AGENT] == ["您好，我是值班员"]
    assert desk.announced == [citizen.id]


def test_only_the_agent_who_has_it_speaks_hands_back_and_closes(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")

    for attempt in (
        lambda: desk.hand_over.say(citizen.id, "008", "您好", None),
        lambda: desk.hand_over.hand_back(citizen.id, "008"),
        lambda: desk.hand_over.transfer(citizen.id, "008", "008"),
        lambda: desk.hand_over.close(citizen.id, "008"),
    ):
        with pytest.raises(HeldByOther) as refused:
            attempt()
        assert refused.value.agent == "007"

    desk.hand_over.hand_back(citizen.id, "007")
    with pytest.raises(HeldByOther, match="with the bot"):
        desk.hand_over.say(citizen.id, "007", "还有", None)


def test_an_empty_or_endless_word_of_an_agent_is_refused(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")

    for text in ("  ", "长" * 2001):
        with pytest.raises(MessageRejected):
            desk.hand_over.say(citizen.id, "007", text, None)


def test_a_lead_may_move_what_another_agent_has(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")

    held = desk.hand_over.transfer(citizen.id, "banzhang", "008", lead=True)

    assert held.agent == "008"


@pytest.mark.parametrize("for_citizen", [True, False])
def test_handing_back_the_bot_says_one_sentence_and_the_note_only_if_it_is_for_her(
    desk: Desk, for_citizen: bool
):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")
    before = len(citizen.heard())

    desk.hand_over.hand_back(citizen.id, "007", "带上户口本。", for_citizen=for_citizen)

    ((role, text),) = citizen.heard()[before:]
    assert role is Role.ASSISTANT and "AI 助手" in text
    assert ("带上户口本" in text) is for_citizen
    assert citizen.say("好的").owner is Owner.BOT


def test_the_bot_can_read_what_was_said_while_it_was_away(desk: Desk):
    """交还之后，机器人知道人工期间说了什么；自己说过的不算。"""
    citizen = desk.citizen()
    citizen.say("低保怎么申请？")
    assert desk.store.said_while_away(citizen.id) == []
    citizen.click_person()
    desk.hand_over.take(citizen.id, "007")
    citizen.say("我娘瘫了")
    desk.hand_over.say(citizen.id, "007", "住哪个镇", None)
    during = [m.text for m in desk.store.said_while_away(citizen.id)]
    desk.hand_over.transfer(citizen.id, "007", None)
    citizen.say("排队时说的")
    desk.hand_over.take(citizen.id, "008")
    citizen.say("高沙镇")
    desk.hand_over.hand_back(citizen.id, "008")
    citizen.say("谢谢")

    assert during == ["我娘瘫了", "住哪个镇"]
    assert [m.text for m in desk.store.said_while_away(citizen.id)] == ["我娘瘫了", "住哪个镇", "高沙镇"]

    desk.hand_over.take(citizen.id, "007")
    citizen.say("又有一件事")
    assert [m.text for m in desk.store.said_while_away(citizen.id)] == ["又有一件事"]


def test_a_closed_conversation_takes_nothing_in_and_says_so(desk: Desk):
    citizen = desk.citizen()
    first = desk.gateway.receive(citizen.id, citizen.token, "谢谢", "one")
    desk.hand_over.take(citizen.id, "007")
    desk.hand_over.close(citizen.id, "007")
    before = citizen.heard()

    for attempt in (lambda: citizen.say("还在吗"), citizen.click_person):
        with pytest.raises(ConversationClosed):
            attempt()
    with pytest.raises(ConversationClosed):
        desk.hand_over.take(citizen.id, "008")

    assert before[-1][0] is Role.SYSTEM and "已经结束" in before[-1][1]
    assert citizen.heard() == before
    assert desk.gateway.receive(citizen.id, citizen.token, "谢谢", "one") == first


def test_what_an_agent_lets_lie_goes_back_to_the_queue_with_its_place(desk: Desk):
    """坐席十分钟没回话：回到排队，位置不变，群众听到一句平和的话；回了话的不动。"""
    waits, answered = desk.citizen(), desk.citizen()
    for citizen in (waits, answered):
        citizen.click_person()
        desk.forward(minutes=1)
        desk.hand_over.take(citizen.id, "007")
        desk.hand_over.say(citizen.id, "007", "您好", None)
    waits.say("我家被水淹了")
    desk.forward(minutes=9)
    desk.hand_over.tidy()
    assert waits.owner is Owner.AGENT

    desk.forward(minutes=1)
    desk.hand_over.tidy()
    desk.hand_over.tidy()

    held = desk.store.held.find(waits.id)
    assert (held.owner, held.queued_at) == (Owner.QUEUE, MONDAY_NOON)
    assert waits.record[-1] == (Owner.AGENT, Owner.QUEUE, "hotline", Reason.AGENT_SILENT)
    assert [text for role, text in waits.heard() if role is Role.SYSTEM][-1].startswith("刚才的工作人员")
    assert answered.owner is Owner.AGENT
    with pytest.raises(HeldByOther):
        desk.hand_over.say(waits.id, "007", "来了", None)


def test_an_agent_who_takes_one_and_never_speaks_loses_it(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")

    desk.forward(minutes=10)
    desk.hand_over.tidy()

    assert citizen.owner is Owner.QUEUE


def test_what_an_agent_has_who_signed_out_goes_back_at_once(desk: Desk):
    citizen, other = desk.citizen(), desk.citizen()
    desk.hand_over.take(citizen.id, "007")
    desk.hand_over.take(other.id, "008")
    desk.at_work = {"008"}

    desk.hand_over.tidy()

    assert (citizen.owner, other.owner) == (Owner.QUEUE, Owner.AGENT)
    assert citizen.record[-1][-1] is Reason.AGENT_GONE


def test_nobody_talks_for_a_week_and_it_is_closed_unless_she_waits_in_the_queue(desk: Desk):
    """七天没人说话就关；排着队的不自动关；关的时候不改最后说话的时间（保存期限从那时算）。"""
    idle, waiting = desk.citizen(), desk.citizen()
    idle.say("谢谢")
    waiting.click_person()
    spoken = desk.store.held.find(idle.id).updated_at

    desk.forward(days=7)
    desk.hand_over.tidy()

    assert (idle.owner, waiting.owner) == (Owner.CLOSED, Owner.QUEUE)
    assert desk.store.held.find(idle.id).updated_at == spoken
    assert idle.record == [(Owner.BOT, Owner.CLOSED, "hotline", Reason.IDLE)]


def test_the_queue_has_danger_first_and_then_who_waits_longest(desk: Desk):
    first, second, danger = desk.citizen(), desk.citizen(), desk.citizen()
    for citizen in (first, second):
        citizen.click_person()
        desk.forward(minutes=1)
    danger.say(DANGER)

    waiting = desk.store.held.waiting()

    assert [held.id for held in waiting] == [danger.id, first.id, second.id]
    assert [held.danger for held in waiting] == [True, False, False]
    assert waiting[1].waiting(desk.house.now) == timedelta(minutes=2)
    assert waiting[0].reason is Reason.CRISIS


def test_who_is_waiting_already_moves_to_the_front_when_danger_is_seen(desk: Desk):
    first, second = desk.citizen(), desk.citizen()
    first.click_person()
    desk.forward(minutes=1)
    second.click_person()

    second.say(DANGER)

    assert [held.id for held in desk.store.held.waiting()] == [second.id, first.id]
    assert second.record[-1] == (Owner.QUEUE, Owner.QUEUE, "hotline", Reason.CRISIS)


def test_erasing_a_conversation_takes_its_record_along(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")
    desk.hand_over.close(citizen.id, "007", "她叫王桂英")
    desk.forward(days=181)

    Erasure(desk.house.engine, desk.house.sealer, load_retention()).apply_retention(desk.house.now)

    with desk.house.engine.connect() as db:
        assert db.execute(select(owner_changes)).all() == []


def test_a_note_is_sealed_in_the_database(desk: Desk):
    citizen = desk.citizen()
    desk.hand_over.take(citizen.id, "007")
    desk.hand_over.hand_back(citizen.id, "007", "她叫王桂英")

    with desk.house.engine.connect() as db:
        kept = [note for note in db.execute(select(owner_changes.c.note_sealed)).scalars() if note]
    assert kept and "王桂英" not in kept[0]
