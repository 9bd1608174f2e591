"""登记写在库里：换了引擎接着问，断在哪一步都不重不漏。"""

from datetime import UTC, datetime, timedelta

import pytest

from actions.intake import Intake, Spot
from api.chat.model import Reply
from api.chat.open_forms import SqlOpenForms
from api.chat.store import ConversationStore
from api.database import open_database
from tickets import open_desk
from tickets.interview import Act, Said
from tickets.model import TicketFilter
from tickets.places import resolve_place
from tickets.privacy import Sealer


class Clock:
    now = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)

    def __call__(self):
        return self.now


class House:
    """An intake on a real database, as one process has it."""

    def __init__(self, folder):
        self.clock = Clock()
        database, sealer = open_database(f"sqlite:///{folder / 'hotline.db'}"), Sealer(b"k" * 32)
        self.desk = open_desk(database, sealer, self.clock)
        self.forms = SqlOpenForms(database, sealer, self.clock)
        self.intake = Intake(self.desk, self.forms, resolve_place, self.clock)
        store = ConversationStore(database, sealer, self.clock)
        self.conversation = store.open("430000", Reply("您好"))[0].id
        self.said = 0

    def say(self, text, message_id=None, **how):
        self.said += 1
        spot = Spot(self.conversation, message_id or f"m{self.said}", "430000")
        return self.intake.hear(Said(text, **how), spot)

    def tickets(self):
        return self.desk.list(TicketFilter())


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    for text in ("我娘瘫在床上没人照顾", "隆回县司门前镇", "13712340001"):
        taken = house.say(text)
    assert "请回复“确认”" in taken.spoken[-1].text
    return house


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("屋顶塌了没地方住，想申请救助，电话13712340001", True),
        ("屋顶塌了没地方住，能不能申请救助？电话13712340001", False),
        ("屋顶塌了没地方住，想申请救助", False),
        ("13712340001", False),
    ],
)
def test_who_tells_a_matter_and_leaves_a_phone_waits_to_be_called(house, said, waits):
    assert house.intake.leaves_contact(said, "430000") is waits


def test_a_yes_files_and_forgets_the_draft(house):
    assert house.say("确认", "yes", affirms=True).act is Act.FILE
    filed = house.intake.file(house.conversation, "yes")

    assert filed.ticket_number == house.tickets()[0].number
    assert house.intake.draft(house.conversation) is None


def test_the_same_message_taken_in_twice_changes_nothing(house):
    """Rasa 超时、顶班又答一遍：同一句话只算一次。"""
    once = house.say("她还有糖尿病", "m9")
    twice = house.say("她还有糖尿病", "m9")

    assert twice.draft == once.draft


def test_a_yes_heard_twice_still_means_to_file(house):
    house.say("确认", "yes", affirms=True)

    assert house.say("确认", "yes", affirms=True).act is Act.FILE


def test_filing_twice_makes_one_ticket(house):
    """建了单、还没答复就断电：再来一遍还是那一张。"""
    house.say("确认", "yes", affirms=True)
    needs = house.intake.draft(house.conversation).to_tickets(
        conversation_id=house.conversation, message_id="yes", channel="web"
    )
    first = house.desk.take_down_together(needs, because="同一次")[0].ticket

    assert house.intake.file(house.conversation, "yes").ticket_number == first.number
    assert len(house.tickets()) == 1


def test_a_request_that_was_filed_just_before_the_power_went_is_not_open_any_more(house):
    house.say("确认", "yes", affirms=True)
    draft = house.intake.draft(house.conversation)
    needs = draft.to_tickets(conversation_id=house.conversation, message_id="yes", channel="web")
    house.desk.take_down_together(needs, because="同一次")

    assert house.intake.draft(house.conversation) is None


def test_the_draft_survives_a_restart(house, tmp_path):
    again = Intake(house.desk, house.forms, resolve_place, house.clock)

    assert again.draft(house.conversation).phone == "13712340001"


def test_who_comes_back_after_a_while_is_told_what_was_noted(house):
    house.say("算了", cancels=True)
    house.clock.now += timedelta(hours=5)

    taken = house.say("继续登记", affirms=True)

    assert "瘫在床上" in taken.spoken[0].text
    assert "不用从头说" in taken.spoken[0].text


def test_giving_up_twice_leaves_nothing(house):
    house.say("算了", cancels=True)

    assert house.say("不登记了", cancels=True).act is Act.CANCELLED
    assert house.intake.draft(house.conversation) is None
    assert house.tickets() == []
