"""接电话：听到什么打什么，表自己填好，断电也不丢，登记一次就是一张。"""

import re

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from api.filling.calls import CallStore
from api.parts import sealer_from
from tests.api.console_door import open_house, person, token_on
from tests.api.test_console_filing import fields_of, phone
from tickets.service import utc_now

WORDS = "我下岗了没有收入，孩子交不起学费\n洞口县高沙镇\n我叫石海，电话{phone}"
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> TestClient:
    return open_house(tmp_path_factory.mktemp("phone"))


@pytest.fixture(scope="module")
def agent(house) -> TestClient:
    return person(house, "jiedian", Role.AGENT)


class Desk:
    """One agent at the phone page, as its script would send it."""

    def __init__(self, browser: TestClient) -> None:
        page = browser.get("/console/phone?new=1").text
        self.browser, self.revision = browser, 0
        self.call = re.search(r'data-call="(k_[0-9a-f]+)"', page).group(1)
        self.form = fields_of(page)

    def type(self, words: str, **by_hand: str):
        self.revision += 1
        named = " ".join(sorted({*self.form["by_hand"].split(), *by_hand}))
        sent = self.form | by_hand | {"by_hand": named, "words": words, "revision": str(self.revision)}
        answer = self.browser.post(f"/console/phone/{self.call}", data=sent, headers=HTMX)
        self.form = fields_of(answer.text) if answer.status_code == 200 else self.form
        return answer

    def file(self, **changes: str):
        return self.browser.post(f"/console/phone/{self.call}/file", data=self.form | changes)

    def done(self) -> str:
        return self.browser.get(f"/console/phone?call={self.call}").text


def filed_number(text: str) -> str:
    parts = re.search(r'id="filed-number">(.*?)</p>', text, re.S).group(1)
    return "-".join(re.findall(r"<span>(\d+)</span>", parts))


@pytest.fixture
def desk(agent) -> Desk:
    return Desk(agent)


def test_what_is_typed_fills_the_form(desk):
    number = phone()

    desk.type(WORDS.format(phone=number))

    assert (desk.form["place"], desk.form["name"], desk.form["phone"]) == (
        "湖南省邵阳市洞口县高沙镇",
        "石海",
        number,
    )


def test_before_a_word_is_said_nothing_is_read_back_and_nobody_else_was_mentioned(agent):
    page = agent.get("/console/phone?new=1").text

    assert re.search(r'<section class="told-part" id="readback" hidden>', page)
    assert "提到了别人" not in page


def test_what_the_agent_changed_by_hand_is_never_overwritten(desk):
    desk.type("我下岗了没有收入", name="石小海", category="教育救助")

    desk.type(WORDS.format(phone=phone()))

    assert (desk.form["name"], desk.form["category"]) == ("石小海", "教育救助")
    assert desk.form["place"] == "湖南省邵阳市洞口县高沙镇"


def test_a_filed_call_shows_number_digit_by_digit_and_promise(desk, house):
    desk.type(WORDS.format(phone=phone()))

    assert desk.file().status_code == 303
    done = desk.done()

    number = filed_number(done)
    ticket = house.app.state.service.desk.find(number)
    assert (ticket.channel, ticket.conversation_id) == ("phone", None)
    assert "请念给来电人" in done and "零零零" in done
    assert "前会有人与群众联系" in done and "下一通来电" in done


def test_sent_again_it_files_nothing_twice(desk, house):
    desk.type(WORDS.format(phone=phone()))
    desk.file()
    number = filed_number(desk.done())

    assert desk.file().status_code == 303
    assert desk.file(summary="改过").status_code == 303

    assert filed_number(desk.done()) == number
    [only] = house.app.state.service.desk.list(limit=1)
    assert only.number == number


def test_open_calls_are_offered_again_with_everything(agent, house):
    """浏览器、程序中途没了：回来时话和改过的项目都在。"""
    first, second, service = Desk(agent), Desk(agent), house.app.state.service
    first.type("屋顶漏雨", beneficiary="张奶奶")
    second.type("我想问低保怎么办")

    again = CallStore(service.database, sealer_from(service.settings), utc_now)
    page = agent.get(f"/console/phone?call={first.call}").text

    assert again.find(first.call, "jiedian").words == "屋顶漏雨"
    assert "屋顶漏雨" in page and fields_of(page)["beneficiary"] == "张奶奶"
    assert f"call={second.call}" in page
    assert "我想问低保怎么办" in agent.get("/console/phone").text  # the newest comes first


def test_an_older_save_that_arrives_late_changes_nothing(desk, house):
    desk.type("后打的")
    desk.type("后打的话")
    desk.revision = 0

    desk.type("先打的")

    assert house.app.state.service.calls.find(desk.call, "jiedian").words == "后打的话"


def test_nobody_sees_or_changes_the_call_of_another_agent(desk, house):
    desk.type("电话13700009999")
    other = person(house, "biede", Role.AGENT)

    assert other.get(f"/console/phone?call={desk.call}").status_code == 404
    sent = {"sent": token_on(other, "/console/phone?new=1"), "words": "别人的", "revision": "99"}
    assert other.post(f"/console/phone/{desk.call}", data=sent, headers=HTMX).status_code == 404
    assert "13700009999" not in other.get("/console/phone").text
    assert house.app.state.service.calls.find(desk.call, "jiedian").words == "电话13700009999"


def test_danger_is_said_at_once_with_the_number_and_the_ticket_is_urgent(desk):
    page = desk.type("我爸倒在地上叫不醒，没有呼吸了").text

    assert re.search(r'class="strip-number">.*?120', page, re.S)
    assert "先别挂电话" in page and "来接您这条消息" not in page
    assert desk.form["urgency"] == "紧急"


def test_an_alarm_that_was_none_is_taken_back_and_stays_back(desk):
    desk.type("我爸倒在地上叫不醒，没有呼吸了")

    sent = desk.form | {"no_danger": "medical_emergency"}
    desk.browser.post(f"/console/phone/{desk.call}/calm", data=sent)

    assert "strip-number" not in desk.browser.get(f"/console/phone?call={desk.call}").text


def test_a_ticket_whose_number_the_caller_says_is_shown_masked(desk, agent, house):
    number = phone()
    desk.type(WORDS.format(phone=number))
    desk.file()
    ticket = filed_number(desk.done())

    page = Desk(agent).type(f"我来查一下进度，工单号{ticket}").text

    assert ticket in page and "已受理" in page
    assert f"****{number[-4:]}" in page and number not in page


def test_progress_by_number_or_phone_and_in_full_only_with_a_recorded_reason(desk, agent, house):
    number = phone()
    desk.type(WORDS.format(phone=number))
    desk.file()
    ticket = filed_number(desk.done())
    sent = token_on(agent, "/console/phone?new=1")

    for asked in (ticket, ticket.replace("-", " "), number):
        found = agent.post("/console/phone/lookup", data={"sent": sent, "q": asked}, headers=HTMX).text
        assert ticket in found and number not in found
    full = agent.post(
        "/console/phone/reveal", data={"sent": sent, "number": ticket, "reason": "来电人查自己的工单进度"}
    )
    empty = agent.post("/console/phone/reveal", data={"sent": sent, "number": ticket, "reason": " "})

    assert number in full.text
    newest = house.app.state.service.desk.disclosures(limit=1)[0]
    assert (newest.actor, newest.number, newest.reason) == ("jiedian", ticket, "来电人查自己的工单进度")
    assert empty.status_code == 409 and number not in empty.text


def test_a_number_that_cannot_be_and_one_that_is_not_there_are_told_apart(agent):
    sent = token_on(agent, "/console/phone?new=1")

    def told(asked: str) -> str:
        return agent.post("/console/phone/lookup", data={"sent": sent, "q": asked}, headers=HTMX).text

    assert "有一位不对" in told("20260101-0001-9") or "有一位不对" in told("20260101-0001-8")
    assert "没有查到" in told("13000000000")


def test_a_question_alone_ends_without_a_ticket(desk, house):
    desk.type("低保怎么申请？")

    desk.browser.post(f"/console/phone/{desk.call}/end", data={"sent": desk.form["sent"]})

    assert "没有登记工单" in desk.done()
    assert desk.call not in {call.id for call in house.app.state.service.calls.open_calls("jiedian")}


def test_a_call_without_a_word_is_kept_nowhere(agent, house):
    before = len(house.app.state.service.calls.open_calls("jiedian"))

    agent.get("/console/phone?new=1")

    assert len(house.app.state.service.calls.open_calls("jiedian")) == before


def test_a_form_of_another_site_saves_and_files_nothing(desk, house):
    forged = desk.form | {"sent": "forged", "words": "别的网站写的", "revision": "1"}

    saved = desk.browser.post(f"/console/phone/{desk.call}", data=forged)
    filed = desk.browser.post(f"/console/phone/{desk.call}/file", data=forged)

    assert saved.status_code == filed.status_code == 403
    assert "别的网站写的" in saved.text  # no typed word is lost
    assert house.app.state.service.calls.find(desk.call, "jiedian") is None


def test_what_was_not_filed_is_said_and_every_change_is_still_there(desk):
    desk.type("我下岗了没有收入", description=" ", name="石小海")

    answer = desk.file()

    assert answer.status_code == 409 and "还没写是什么事" in answer.text
    assert fields_of(answer.text)["name"] == "石小海"


@pytest.mark.parametrize("call", ["x", "k_1", "k_" + "G" * 32])
def test_only_ids_that_this_page_gave_are_taken(desk, call):
    sent = desk.form | {"words": "什么", "revision": "1"}

    assert desk.browser.post(f"/console/phone/{call}", data=sent, headers=HTMX).status_code == 404


def test_an_auditor_takes_no_calls(house):
    browser = person(house, "shenji3", Role.AUDITOR)

    assert browser.get("/console/phone").status_code == 403
