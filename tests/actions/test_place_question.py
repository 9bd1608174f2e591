"""The form's question for the place: openly, or between the places that may be meant."""

import asyncio

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.help_form import ActionAskPlace
from tickets.intake import Draft
from tickets.model import Area

LONGHUI = Area("湖南省", "邵阳市", "隆回县", adcode="430524")
DONGKOU = Area("湖南省", "邵阳市", "洞口县", adcode="430525")


def asked(draft: Draft | None):
    """What the action says while this draft lies in the dialogue's slot."""
    slots = {"draft": draft.to_dict() if draft else None}
    tracker = Tracker("c", slots, {}, [], False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    asyncio.run(ActionAskPlace().run(dispatcher, tracker, {}))
    return dispatcher.messages


@pytest.mark.parametrize("draft", [None, Draft()])
def test_a_place_that_nobody_has_named_is_asked_for_openly(draft):
    assert [message["response"] for message in asked(draft)] == ["utter_ask_help_form_place"]


def test_between_two_places_there_is_a_button_for_each_and_one_for_neither():
    """“是隆回县，还是洞口县？”可以点，也可以说都不是。"""
    (message,) = asked(Draft(place_choices=(LONGHUI, DONGKOU)))

    assert message["response"] == "utter_ask_help_form_place_choice"
    assert message["choices"] == "湖南省邵阳市隆回县，还是湖南省邵阳市洞口县"
    assert [button["payload"] for button in message["buttons"]] == [
        "湖南省邵阳市隆回县",
        "湖南省邵阳市洞口县",
        "都不是",
    ]
