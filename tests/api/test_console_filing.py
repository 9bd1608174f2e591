"""工作台登记工单：表已按对话填好，登记一次就是一张，群众在对话里知道工单号。"""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.accounts.model import Role
from api.chat.tables import turns
from api.console.filing.sheet import NAMES
from tests.api.console_door import open_house, person
from tickets.model import Urgency

MATTER = "我下岗了没有收入，孩子交不起学费"
PLACE = "湖南省邵阳市洞口县高沙镇，我叫石海"


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> TestClient:
    return open_house(tmp_path_factory.mktemp("filing"))


@pytest.fixture(scope="module")
def agent(house) -> TestClient:
    return person(house, "dengji", Role.DISPATCHER)


class Talk:
    """A conversation that an agent has, in the citizen's hands."""

    def __init__(self, house: TestClient, *said: str, agent: str = "dengji") -> None:
        self.service = house.app.state.service
        citizen = TestClient(house.app)
        opened = citizen.post("/v1/conversations", json={}).json()
        self.id = opened["conversation_id"]
        self.headers = {"Authorization": f"Bearer {opened['token']}"}
        self.path, self.citizen = f"/v1/conversations/{self.id}", citizen
        self.service.hand_over.take(self.id, agent)
        for text in said:
            self.say(text)

    def say(self, text: str) -> None:
        self.citizen.post(f"{self.path}/messages", json={"text": text}, headers=self.headers)

    def heard(self) -> list[str]:
        told = self.citizen.get(f"{self.path}/messages", headers=self.headers).json()["messages"]
        return [message["text"] for message in told if message["role"] == "system"]

    @property
    def page(self) -> str:
        return f"/console/filing?conversation={self.id}"


def phone() -> str:
    phone.last = getattr(phone, "last", 13700000000) + 1
    return str(phone.last)


def fields_of(html: str) -> dict[str, str]:
    """What a browser would send of the form on the page."""
    form = re.search(r'<form class="sheet".*?</form>', html, re.S).group()
    sent = dict(re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', form))
    ticked = re.findall(r'<input type="(?:checkbox|radio)" name="([^"]+)" value="([^"]*)" checked', form)
    for name in re.findall(r'<input type="(?:checkbox|radio)" name="([^"]+)"', form):
        sent.pop(name, None)
    sent |= dict(ticked)
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        sent[name] = re.search(r'value="([^"]*)" selected', inside).group(1)
    sent |= dict(re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S))
    return sent


def tickets_of(talk: Talk) -> list[str]:
    with talk.service.database.connect() as db:
        query = select(turns.c.ticket_number).where(
            turns.c.conversation_id == talk.id, turns.c.ticket_number.is_not(None)
        )
        return list(db.execute(query).scalars())


def test_the_form_is_filled_and_shows_where_each_value_comes_from(house, agent):
    number = phone()
    talk = Talk(house, MATTER, PLACE, f"电话{number}")

    page = agent.get(talk.page)
    sent = fields_of(page.text)

    assert page.status_code == 200
    assert (sent["place"], sent["name"], sent["phone"]) == ("湖南省邵阳市洞口县高沙镇", "石海", number)
    assert "依据：我叫石海" in page.text
    assert "请核对" in page.text and "地点认出来了" in page.text
    assert "念给群众听" in page.text and "前要与群众联系" in page.text


def test_every_field_of_the_form_is_sent(house, agent):
    talk = Talk(house, MATTER)

    assert set(NAMES) - {"anonymous"} <= set(fields_of(agent.get(talk.page).text))


def test_filing_tells_the_citizen_and_leads_on_to_dispatching(house, agent):
    talk = Talk(house, MATTER, PLACE, f"电话{phone()}")

    done = agent.post(talk.page, data=fields_of(agent.get(talk.page).text))
    after = agent.get(done.headers["location"])

    [number] = tickets_of(talk)
    ticket = talk.service.desk.find(number)
    assert done.status_code == 303 and number in done.headers["location"]
    assert (ticket.channel, ticket.conversation_id) == ("web", talk.id)
    assert ticket.history[0].actor == "dengji"
    assert sum(number in text for text in talk.heard()) == 1
    assert f"/console/tickets/{number}" in after.text and "派单" in after.text
    assert number in agent.get(f"/console/conversations/{talk.id}").text


def test_she_can_ask_for_the_ticket_in_her_talk_without_its_number(house, agent):
    talk = Talk(house, MATTER, PLACE, f"电话{phone()}")
    agent.post(talk.page, data=fields_of(agent.get(talk.page).text))

    assert talk.service.conversations.own_tickets(talk.id) == tickets_of(talk)


def test_a_double_click_a_retry_and_the_back_button_file_once(house, agent):
    """同一张表送五遍，工单还是一张，群众只被告诉一次。"""
    talk = Talk(house, MATTER, PLACE, f"电话{phone()}")
    sent = fields_of(agent.get(talk.page).text)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: agent.post(talk.page, data=sent), range(4)))
    answers.append(agent.post(talk.page, data=sent))

    assert {answer.status_code for answer in answers} == {303}
    back = agent.get(agent.get(talk.page).headers["location"])  # the back button asks for the form again
    assert tickets_of(talk)[0] in back.text and "没有重复登记" in back.text
    assert len(set(tickets_of(talk))) == len(tickets_of(talk)) == 1
    assert len([text for text in talk.heard() if "工单号" in text]) == 1


def test_another_ticket_of_the_same_talk_is_asked_for_outright(house, agent):
    talk = Talk(house, MATTER, PLACE, f"电话{phone()}")
    agent.post(talk.page, data=fields_of(agent.get(talk.page).text))

    sent = fields_of(agent.get(f"{talk.page}&again=1").text)
    agent.post(talk.page, data=sent | {"repeat": "separate", "summary": "另外一件事"})

    assert len(set(tickets_of(talk))) == 2


def test_what_the_agent_changed_is_what_is_filed(house, agent):
    talk = Talk(house, MATTER, PLACE, f"电话{phone()}")
    sent = fields_of(agent.get(talk.page).text)

    sent |= {"category": "教育救助", "urgency": "紧急", "place": "隆回县司门前镇", "beneficiary": "石小海"}
    agent.post(talk.page, data=sent)

    ticket = talk.service.desk.find(tickets_of(talk)[0])
    assert (ticket.category, ticket.urgency, ticket.beneficiary) == ("教育救助", Urgency.URGENT, "石小海")
    assert ticket.area.township == "司门前镇"


def test_an_open_ticket_of_the_same_person_is_shown_and_added_to_or_not(house, agent):
    """同一个人同一件事还在办：先看到，默认补充，也可以单独开。"""
    number = phone()
    first = Talk(house, MATTER, PLACE, f"电话{number}")
    agent.post(first.page, data=fields_of(agent.get(first.page).text))
    [known] = tickets_of(first)

    again = Talk(house, MATTER, PLACE, f"电话{number}")
    page = agent.get(again.page).text
    assert known in page and "另外一件事" in page
    agent.post(again.page, data=fields_of(page))
    assert tickets_of(again) == [known]

    third = Talk(house, MATTER, PLACE, f"电话{number}")
    sent = fields_of(agent.get(third.page).text) | {"repeat": "separate"}
    agent.post(third.page, data=sent)
    [separate] = tickets_of(third)
    assert separate != known and known in third.service.desk.find(separate).related


def test_a_second_matter_becomes_a_linked_ticket_when_ticked(house, agent):
    talk = Talk(
        house, "两个事，一个是我屋里想申请低保，一个是女儿上高中的学费想申请教育救助", PLACE, f"电话{phone()}"
    )
    page = agent.get(talk.page).text
    sent = fields_of(page) | {"also": "0"}

    agent.post(talk.page, data=sent)

    numbers = tickets_of(talk)
    assert len(numbers) == 2
    categories = {talk.service.desk.find(number).category for number in numbers}
    assert len(categories) == 2
    assert numbers[0] in talk.service.desk.find(numbers[1]).related


def test_the_bot_does_not_go_on_with_what_an_agent_filed(house, agent):
    talk = Talk(house, agent="dengji")
    talk.service.hand_over.hand_back(talk.id, "dengji")
    talk.say("我要登记求助，" + MATTER)
    assert talk.service.intake.draft(talk.id) is not None
    talk.service.hand_over.take(talk.id, "dengji")

    agent.post(talk.page, data=fields_of(agent.get(talk.page).text))

    assert talk.service.intake.draft(talk.id) is None


def test_who_does_not_have_the_conversation_sees_and_files_nothing(house, agent):
    number = phone()
    talk = Talk(house, MATTER, f"电话{number}", agent="another")

    page = agent.get(talk.page)
    sent = agent.post(talk.page, data={"client": "x", "description": "写好的"})

    assert page.status_code == sent.status_code == 409
    assert number not in page.text and "接手" in page.text
    assert tickets_of(talk) == []


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"sent": "forged"}, 403, "已经过期"),
        ({"description": " "}, 409, "还没写是什么事"),
        ({"summary": "长" * 300}, 409, "最多 200 个字"),
    ],
)
def test_what_was_not_filed_is_said_and_no_word_is_lost(house, agent, change, status, told):
    talk = Talk(house, MATTER, PLACE)
    sent = fields_of(agent.get(talk.page).text) | {"beneficiary": "改过的名字"} | change

    answer = agent.post(talk.page, data=sent)

    assert (answer.status_code, told in answer.text) == (status, True)
    assert fields_of(answer.text)["beneficiary"] == "改过的名字"
    assert tickets_of(talk) == []


def test_the_place_is_looked_up_while_it_is_typed(house, agent):
    talk = Talk(house, MATTER)
    sent = fields_of(agent.get(talk.page).text)
    headers = {"HX-Request": "true"}

    def told(place: str) -> str:
        return agent.post(
            f"/console/filing/check?conversation={talk.id}", data=sent | {"place": place}, headers=headers
        ).text

    assert "湖南省邵阳市隆回县司门前镇" in told("隆回司门前")
    assert "还不知道乡镇" in told("隆回县")
    many = told("朝阳")
    assert len(re.findall("data-pick", many)) >= 2
    assert "按原话登记" in told("桥头那一家")
    assert "<html" not in many


def test_a_candidate_is_taken_without_scripts_too(house, agent):
    talk = Talk(house, MATTER)
    sent = fields_of(agent.get(talk.page).text)

    page = agent.post(
        f"/console/filing/check?conversation={talk.id}", data=sent | {"pick": "湖南省邵阳市隆回县司门前镇"}
    )

    assert fields_of(page.text)["place"] == "湖南省邵阳市隆回县司门前镇"
    assert "place" in fields_of(page.text)["by_hand"].split()


def test_numbers_that_cannot_be_right_are_told_in_words(house, agent):
    talk = Talk(house, MATTER)
    sent = fields_of(agent.get(talk.page).text) | {"phone": "1381234", "id_number": "430103195001011111"}

    page = agent.post(f"/console/filing/check?conversation={talk.id}", data=sent).text

    assert "不像完整的电话号码" in page and "身份证号校验不对" in page


def test_words_of_the_citizen_stay_words(house, agent):
    talk = Talk(house, '"><script>alert(1)</script>我下岗了没有收入')

    assert "<script>alert" not in agent.get(talk.page).text


def test_an_auditor_and_an_editor_file_nothing(house):
    for name, role in (("shenji2", Role.AUDITOR), ("bianji2", Role.EDITOR)):
        browser = person(house, name, role)
        assert browser.get("/console/filing?conversation=c_1").status_code == 403
        assert browser.post("/console/filing?conversation=c_1", data={}).status_code == 403


def test_a_conversation_that_does_not_exist_is_said_kindly(agent):
    assert agent.get("/console/filing?conversation=c_none").status_code == 404
