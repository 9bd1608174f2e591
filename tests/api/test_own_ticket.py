"""群众自己撤销工单、要求重新办理：只能动自己的，先问一遍，点了才算。"""

import pytest

from api.chat.model import EngineReply, Outcome, Reply
from tests.api.test_gateway import House, answers
from tickets.model import Actor, Role, Status

DISPATCHER, SUPERVISOR = Actor("002", Role.DISPATCHER), Actor("001", Role.SUPERVISOR)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


class Told:
    """A conversation in which one ticket was filed; `say` sends the citizen's words."""

    def __init__(self, house):
        self.house = house

        def files(text, context):
            ticket = house.file(context)
            return EngineReply((Reply("登记好了"),), Outcome.TICKET_FILED, ticket.number)

        gateway = house.gateway(files)
        self.conversation, self.token, _ = gateway.open("430000")
        self.number = self._receive(gateway, "确认").ticket_number

    def say(self, text):
        return self._receive(self.house.gateway(answers), text)

    def _receive(self, gateway, text):
        return gateway.receive(self.conversation.id, self.token, text, None)

    @property
    def status(self):
        return self.house.desk.find(self.number).status


def test_a_ticket_is_withdrawn_only_after_a_second_word(house):
    told = Told(house)

    asked = told.say(f"撤销工单 {told.number}")
    status_when_asked = told.status
    yes = asked.messages[-1].buttons[0].payload
    done = told.say(yes)

    assert "真的要撤销" in asked.messages[-1].text
    assert status_when_asked is Status.ACCEPTED
    assert told.status is Status.WITHDRAWN
    assert "已经撤销" in done.messages[-1].text
    event = house.desk.find(told.number).history[-1]
    assert (event.actor, event.action) == ("citizen", "withdraw")


def test_saying_it_twice_withdraws_once_and_says_how_it_stands(house):
    told = Told(house)
    told.say(f"确定撤销工单{told.number}")

    again = told.say(f"确定撤销工单{told.number}")

    assert "已经撤销" in again.messages[-1].text
    assert [event.action for event in house.desk.find(told.number).history].count("withdraw") == 1


def test_a_ticket_of_another_conversation_is_not_touched(house):
    """光知道编号不行：要在这段对话里登记的，或者查过进度（编号加手机尾号）的。"""
    mine, theirs = Told(house), Told(house)

    turn = mine.say(f"确定撤销工单 {theirs.number}")

    assert "请先查一下" in turn.messages[-1].text
    assert theirs.status is Status.ACCEPTED


def test_what_was_answered_badly_is_taken_up_again(house):
    told = Told(house)
    house.desk.move(told.number, "answer_directly", actor=SUPERVISOR, reason="已电话答复")

    refused = told.say(f"确定撤销工单 {told.number}")
    done = told.say(f"确定重新办理工单 {told.number}")

    assert "不能这样办" in refused.messages[-1].text
    assert told.status is Status.REOPENED
    assert "重新办理" in done.messages[-1].text


def test_a_story_that_mentions_withdrawing_goes_to_the_dialogue(house):
    told = Told(house)

    turn = told.say("我没有撤销工单的意思，就是问问什么时候来人")

    assert turn.messages[-1].text == "好的"
    assert told.status is Status.ACCEPTED
