"""网关：崩溃之间不重不漏，引擎坏了有人顶，坐席在时机器人不插话。"""

import threading
from datetime import UTC, datetime

import pytest

from actions.intake import Intake
from api.chat.attempts import Attempts
from api.chat.crisis import CrisisDesk
from api.chat.danger import DangerScreen, danger_phrases
from api.chat.errors import EngineUnavailable
from api.chat.gateway import ChatGateway
from api.chat.hand_over import open_hand_over
from api.chat.model import EngineReply, Outcome, Owner, Reply
from api.chat.open_forms import SqlOpenForms
from api.chat.store import ConversationStore
from api.database import open_database
from knowledge.normalisation import searchable
from tickets import open_desk
from tickets.model import Category, NewTicket, Urgency
from tickets.places import resolve_place
from tickets.privacy import Sealer


class Scripted:
    """A dialogue engine that does what the test says, and remembers what it was asked."""

    def __init__(self, do):
        self.do, self.asked = do, []

    def reply(self, text, context):
        self.asked.append(text)
        return self.do(text, context)

    def ready(self):
        return True


def answers(text, context):
    return EngineReply((Reply("好的"),), Outcome.SMALLTALK)


def fails(text, context):
    raise EngineUnavailable("down")


class House:
    def __init__(self, folder):
        database, sealer = open_database(f"sqlite:///{folder / 'hotline.db'}"), Sealer(b"k" * 32)
        self.desk = open_desk(database, sealer)
        self.store = ConversationStore(database, sealer, lambda: datetime.now(UTC))
        self.screen = DangerScreen(danger_phrases(), searchable)
        forms = SqlOpenForms(database, sealer, lambda: datetime.now(UTC))
        self.intake = Intake(self.desk, forms, resolve_place, lambda: datetime.now(UTC))
        self.hand_over = open_hand_over(self.store)

    def gateway(self, engine=answers, stand_in=answers):
        self.engine, self.stand_in = Scripted(engine), Scripted(stand_in)
        return ChatGateway(
            self.store,
            self.desk,
            self.engine,
            self.stand_in,
            self.screen,
            CrisisDesk(self.desk, self.intake),
            self.intake,
            Attempts(),
            max_chars=2000,
        )

    def file(self, context):
        new = NewTicket(
            category=Category.TEMPORARY,
            urgency=Urgency.NORMAL,
            summary="房子被火烧了",
            description="房子被火烧了",
            conversation_id=context.conversation_id,
            origin_message_id=context.message_id,
        )
        return self.desk.file(new)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_a_message_is_stored_before_the_engine_sees_it(house):
    """先存后办。"""
    seen = []

    def look(text, context):
        seen.extend(m.text for m in house.store.transcript(context.conversation_id))
        return answers(text, context)

    gateway = house.gateway(look)
    conversation, token, _ = gateway.open("430000")

    gateway.receive(conversation.id, token, "老家的房子想问问政策", None)

    assert "老家的房子想问问政策" in seen


def test_when_the_engine_fails_the_stand_in_answers(house):
    gateway = house.gateway(fails)
    conversation, token, _ = gateway.open("430000")

    turn = gateway.receive(conversation.id, token, "你好", None)

    assert turn.messages[0].text == "好的"
    assert house.stand_in.asked == ["你好"]


def test_when_everything_fails_the_citizen_is_told_and_a_person_is_called(house):
    def breaks(text, context):
        raise RuntimeError("broken")

    gateway = house.gateway(fails, breaks)
    conversation, token, _ = gateway.open("430000")

    turn = gateway.receive(conversation.id, token, "你好", None)

    assert turn.outcome is Outcome.FAILED
    assert turn.owner is Owner.QUEUE
    assert "已经原样保存" in turn.messages[0].text


def test_a_ticket_filed_just_before_a_crash_is_not_filed_again(house):
    """建单之后、答复之前崩溃：重发得到同一个编号，不会再建一张。"""

    def files_then_dies(text, context):
        house.file(context)
        raise KeyboardInterrupt

    gateway = house.gateway(files_then_dies)
    conversation, token, _ = gateway.open("430000")
    with pytest.raises(KeyboardInterrupt):
        gateway.receive(conversation.id, token, "确认", "yes")

    turn = house.gateway().receive(conversation.id, token, "确认", "yes")

    assert turn.outcome is Outcome.TICKET_FILED
    assert [t.number for t in house.desk.list()] == [turn.ticket_number]
    assert house.engine.asked == []


def test_a_ticket_filed_while_rasa_timed_out_is_told_not_doubled(house):
    def files_too_late(text, context):
        house.file(context)
        raise EngineUnavailable("time-out")

    gateway = house.gateway(files_too_late)
    conversation, token, _ = gateway.open("430000")

    turn = gateway.receive(conversation.id, token, "确认", None)

    assert turn.outcome is Outcome.TICKET_FILED
    assert house.stand_in.asked == []


def test_the_bot_is_silent_while_an_agent_has_the_conversation(house):
    gateway = house.gateway()
    conversation, token, _ = gateway.open("430000")
    house.hand_over.take(conversation.id, "07")

    turn = gateway.receive(conversation.id, token, "谢谢你", None)

    assert turn.messages == ()
    assert house.engine.asked == []
    assert house.store.transcript(conversation.id)[-1].text == "谢谢你"


def test_danger_is_seen_even_then(house):
    gateway = house.gateway()
    conversation, token, _ = gateway.open("430000")
    house.hand_over.take(conversation.id, "07")

    turn = gateway.receive(conversation.id, token, "我不想活了，药都买好了", None)

    assert turn.outcome is Outcome.CRISIS
    assert turn.owner is Owner.AGENT


def test_the_same_message_sent_twice_at_once_is_answered_once(house):
    """网络抖动同时重发两次，只办一次。"""
    gateway = house.gateway()
    conversation, token, _ = gateway.open("430000")
    turns = []

    def send():
        turns.append(gateway.receive(conversation.id, token, "你好", "one"))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({turn.messages[0].id for turn in turns}) == 1
    assert house.engine.asked == ["你好"]


def test_after_danger_every_word_is_noted_and_nobody_is_interrogated(house):
    """危险之后补充的地点、情况都记下并转给工作人员，不再追问表单。"""
    gateway = house.gateway()
    conversation, token, _ = gateway.open("430000")
    crisis = gateway.receive(conversation.id, token, "我不想活了，药都买好了", None)

    turn = gateway.receive(conversation.id, token, "我在洞口县高沙镇的老屋里", None)

    assert turn.outcome is Outcome.HANDED_OVER
    assert turn.ticket_number == crisis.ticket_number
    assert house.engine.asked == []


def test_who_says_that_nobody_is_in_danger_is_listened_to_again(house):
    """看错了：点“没有危险”，接着正常办，紧急工单留给人再看一眼。"""
    gateway = house.gateway()
    conversation, token, _ = gateway.open("430000")
    crisis = gateway.receive(conversation.id, token, "我不想活了，药都买好了", None)
    (button,) = crisis.messages[-1].buttons

    cleared = gateway.receive(conversation.id, token, button.payload, None)
    turn = gateway.receive(conversation.id, token, "我想登记低保", None)

    assert cleared.outcome is Outcome.SMALLTALK
    assert turn.outcome is Outcome.SMALLTALK  # the engine's answer again
    assert house.desk.find(crisis.ticket_number).urgency is Urgency.URGENT
