"""同一件事只有一张工单：再来说一遍，补充到原来那张；另一件事另立一张；危急时后来说的也不丢。"""

import httpx
import pytest

from tests.conftest import Citizen

FIRE = ("我要登记求助，上个月灶屋起火，屋里东西全烧了", "邵阳市新宁县黄龙镇", "就是我自己", "13712349901")
AGAIN = ("我要登记求助，上个月灶屋起火东西全烧了，还没人来看", *FIRE[1:])
HOSPITAL = ("我要登记求助，我崽在医院做手术，药费实在交不起", "邵阳市新宁县黄龙镇", "替我崽", "13712349901")


def filed(citizen: Citizen, messages: tuple[str, ...]) -> dict:
    for message in messages:
        citizen.say(message)
    turn = citizen.say("确认")
    assert turn["outcome"] == "ticket_filed", turn
    return turn


@pytest.fixture(scope="module")
def agent(hotline):
    return {"Authorization": f"Bearer {hotline.command('keys', 'add', 'second-desk').strip()}"}


def test_who_asks_again_hears_the_first_number_and_her_words_are_added(hotline, agent):
    first = filed(Citizen(hotline.base_url), FIRE)
    again = filed(Citizen(hotline.base_url), AGAIN)

    assert again["ticket_number"] == first["ticket_number"]
    assert "之前登记过" in again["messages"][-1]["text"]
    history = httpx.get(
        f"{hotline.base_url}/v1/tickets/{first['ticket_number']}/history", headers=agent
    ).json()["history"]
    assert any("还没人来看" in (event["reason"] or "") for event in history)


def test_another_matter_of_the_same_person_gets_a_ticket_of_its_own(hotline):
    first = filed(Citizen(hotline.base_url), FIRE)
    other = filed(Citizen(hotline.base_url), HOSPITAL)

    assert other["ticket_number"] != first["ticket_number"]


def test_what_is_said_while_help_is_on_its_way_is_added_to_the_urgent_ticket(hotline, citizen, agent):
    crisis = citizen.say("我在新宁县黄龙镇，屋后山塌了把人埋了")
    citizen.say("埋了两个，在石桥组晒谷坪后面")

    assert crisis["outcome"] == "crisis"
    found = httpx.get(f"{hotline.base_url}/v1/tickets/{crisis['ticket_number']}", headers=agent).json()
    assert found["urgency"] == "紧急"
    assert found["area"]["county"] == "新宁县"
    assert any("晒谷坪后面" in (event["reason"] or "") for event in found["history"])


def test_between_two_counties_she_is_asked_and_not_guessed_for(citizen):
    citizen.say("我要登记求助，上个月家里失火，房子烧光了")

    asked = citizen.say("新市镇")["messages"][-1]
    then = citizen.say("攸县的")["messages"][-1]["text"]

    assert len(asked["buttons"]) >= 2
    assert "攸县" in asked["text"]
    assert "为您自己" in then


def test_she_withdraws_her_ticket_by_the_button_under_its_progress(hotline, citizen):
    number = filed(
        citizen, ("我要登记求助，我屋里的低保上个月停发了，麻烦帮我查一下", *FIRE[1:3], "13712349977")
    )["ticket_number"]
    other = Citizen(hotline.base_url)
    other.say(f"查进度 {number}")

    told = other.say("9977")["messages"][-1]
    button = next(one for one in told["buttons"] if "撤销" in one["title"])
    asked = other.say(button["payload"])["messages"][-1]
    done = other.say(asked["buttons"][0]["payload"])["messages"][-1]["text"]

    assert "真的要撤销" in asked["text"]
    assert "已经撤销" in done
    ended = other.say(f"查进度 {number}，尾号9977")["messages"][-1]["text"]
    assert "已经撤销" in ended
    assert "与您联系" not in ended
