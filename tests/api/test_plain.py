"""没有脚本也能用：整段对话、登记求助、查进度，都是普通网页。"""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from api.protection.rates import PLAIN_COOKIE
from tests.api.test_citizen_routes import ticket_of


class Forms(HTMLParser):
    """Collects the forms of a page: address, hidden and other fields, buttons (name, value, words)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[dict] = []
        self._button: list | None = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "form":
            self.forms.append({"to": told["action"], "method": told["method"], "fields": {}, "buttons": []})
        elif tag in ("input", "textarea"):
            self.forms[-1]["fields"][told["name"]] = told.get("value") or ""
        elif tag == "button":
            self._button = [told.get("name"), told.get("value"), "", told.get("type")]
            self.forms[-1]["buttons"].append(self._button)

    def handle_endtag(self, tag):
        if tag == "button":
            self._button = None

    def handle_data(self, data):
        if self._button:
            self._button[2] += data.strip()

    def to(self, address: str) -> dict:
        return next(form for form in reversed(self.forms) if form["to"] == address)


@pytest.fixture
def browser(client) -> TestClient:
    """A browser without script that has opened a conversation."""
    browser = TestClient(client.app)
    browser.post("/plain/start", data=Forms(browser.get("/plain").text).to("/plain/start")["fields"])
    return browser


def write(browser: TestClient, text: str, page: str | None = None):
    fields = Forms(page or browser.get("/plain").text).to("/plain/messages")["fields"]
    return browser.post("/plain/messages", data={**fields, "text": text})


def said(page: str, role: str) -> list[str]:
    pattern = rf'<article class="{role}">.*?<bdi>(.*?)</bdi>'
    return [unescape(found) for found in re.findall(pattern, page, re.S)]


def test_the_door_says_that_an_ai_answers_for_free_and_gives_the_emergency_numbers(client):
    page = TestClient(client.app).get("/plain").text

    assert "AI" in page and "免费" in page and "绝不要钱" in page
    assert all(f'href="tel:{number}"' in page for number in ("110", "120", "119"))
    assert "<script" not in page and "onclick" not in page


def test_a_look_at_the_page_opens_no_conversation(client):
    """搜索机器人路过，不产生对话。"""
    visitor = TestClient(client.app)

    assert "set-cookie" not in visitor.get("/plain").headers


def test_a_question_is_answered_with_its_articles_to_open(browser):
    page = write(browser, "低保要符合什么条件").text

    assert said(page, "citizen") == ["低保要符合什么条件"]
    assert re.search(r"<details>\s*<summary>[^<]*第[^<]*条", page)
    assert "<blockquote>" in page


def test_a_request_is_filed_without_any_script(browser, agent):
    """从开始到拿到工单号，只靠普通网页。"""
    told = ("我要登记求助，家里房子被火烧了没地方住", "邵阳市隆回县司门前镇石桥村", "就是我自己，我叫石海")
    for text in (*told, "13712345678"):
        page = write(browser, text).text
    offered = [f for f in Forms(page).forms if any(b[0] == "choice" for b in f["buttons"])]
    choice = next(b for b in offered[-1]["buttons"] if "确认" in b[1])
    page = browser.post("/plain/messages", data={**offered[-1]["fields"], "choice": choice[1]}).text

    number = re.search(r"\d{8}-\d{4}-\d", said(page, "assistant")[-1] + page)
    assert number
    assert browser.get(f"/v1/tickets/{number[0]}", headers=agent).json()["channel"] == "web"


def test_a_form_sent_twice_is_heard_once(browser):
    before = browser.get("/plain").text
    write(browser, "你好", before)
    page = write(browser, "你好", before).text

    assert said(page, "citizen") == ["你好"]


def test_other_words_from_an_old_page_are_heard_too(browser):
    """按了后退再写别的话，一个字也不丢。"""
    before = browser.get("/plain").text
    write(browser, "你好", before)
    page = write(browser, "谢谢你", before).text

    assert said(page, "citizen") == ["你好", "谢谢你"]


def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_other_pages(client):
    answer = TestClient(client.app, follow_redirects=False).post("/plain/start")

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{PLAIN_COOKIE}=c_")
    assert {"HttpOnly", "SameSite=strict", "Path=/plain"} <= set(cookie.split("; "))
    assert "Secure" not in cookie and "expires" not in cookie.lower() and "Max-Age" not in cookie
    assert (answer.status_code, answer.headers["location"]) == (303, "/plain?started=true")


def test_over_https_the_cookie_never_travels_in_the_clear(client):
    answer = TestClient(client.app, base_url="https://hotline", follow_redirects=False).post("/plain/start")

    assert "Secure" in answer.headers["set-cookie"]


def test_a_browser_that_keeps_no_cookies_is_told_whom_to_call(client):
    page = TestClient(client.app).get("/plain?started=true").text

    assert "12345" in page and "用不了" in page


@pytest.mark.parametrize("path", ["/plain/messages", "/plain/person", "/plain/erase", "/plain/leave"])
def test_no_other_page_can_send_a_form_for_her(browser, path: str):
    """别的网站替她提交，什么也不会发生，她写的话还留在框里。"""
    before = len(said(browser.get("/plain").text, "assistant"))

    refused = browser.post(path, data={"form": "0" * 64, "message_id": "n_1", "text": "替她说的话"})

    assert refused.status_code == 403
    page = browser.get("/plain").text
    assert said(page, "citizen") == [] and len(said(page, "assistant")) == before


@pytest.mark.parametrize(
    ("text", "told", "status"), [("长" * 2001, "分成几段", 422), ("  ", "没有收到文字", 422)]
)
def test_what_cannot_be_taken_stays_in_the_form(browser, text: str, told: str, status: int):
    refused = write(browser, text)

    assert refused.status_code == 422
    assert told in refused.text
    assert text.strip() in refused.text
    assert said(browser.get("/plain").text, "citizen") == []


def test_asking_for_a_person_says_where_she_stands(browser):
    fields = Forms(browser.get("/plain").text).to("/plain/person")["fields"]

    page = browser.post("/plain/person", data=fields).text

    assert len(said(page, "assistant")) == 2


def test_erasing_asks_first_and_says_which_tickets_stay(browser, client):
    page = write(browser, "我老公正拿着刀追着打我").text
    assert "确定删除吗" in page
    number = re.search(r"\d{8}-\d{4}-\d", page)

    page = browser.post("/plain/erase", data=Forms(page).to("/plain/erase")["fields"]).text

    assert number and number[0] in page and "已经删除" in page
    assert PLAIN_COOKIE not in browser.cookies
    assert "刀" not in browser.get("/plain").text


def test_leaving_forgets_it_on_this_device_only(browser, client):
    page = write(browser, "你好").text
    conversation_id = browser.cookies[PLAIN_COOKIE].partition(".")[0]

    browser.post("/plain/leave", data=Forms(page).to("/plain/leave")["fields"])

    assert PLAIN_COOKIE not in browser.cookies
    kept = client.app.state.service.conversations.transcript(conversation_id)
    assert [message.text for message in kept][1] == "你好"


def test_words_for_a_conversation_that_has_ended_go_into_a_new_one(browser, client):
    service = client.app.state.service
    conversation_id = browser.cookies[PLAIN_COOKIE].partition(".")[0]
    before = browser.get("/plain").text
    service.hand_over.take(conversation_id, "desktop")
    service.hand_over.close(conversation_id, "desktop")

    page = write(browser, "还有一件事", before).text
    page = browser.post("/plain/start", data={"script": "hans", "text": "还有一件事"}).text

    assert "还有一件事" in page
    assert browser.cookies[PLAIN_COOKIE].partition(".")[0] != conversation_id
    assert said(write(browser, "还有一件事", page).text, "citizen") == ["还有一件事"]


def test_the_transcript_is_saved_with_the_cookie(browser):
    write(browser, "你好")

    assert "我：\n你好" in browser.get("/plain/transcript.txt").text


def test_traditional_is_kept_through_the_conversation(client):
    browser = TestClient(client.app)
    page = browser.get("/plain?script=hant").text
    page = browser.post("/plain/start", data=Forms(page).to("/plain/start")["fields"]).text

    assert "社會救助熱線" in said(page, "assistant")[0] and "轉人工" in page
    assert "社會" in write(browser, "你好").text


# Progress


def test_progress_is_shown_on_a_page_and_the_form_is_kept_on_a_mistake(client):
    visitor, number = TestClient(client.app), ticket_of(client)
    form = Forms(visitor.get(f"/progress?number={number}").text).to("/progress")["fields"]
    assert form["number"] == number

    wrong = visitor.post("/progress", data={**form, "phone_tail": "0000"})
    right = visitor.post("/progress", data={**form, "phone_tail": "5678"})

    assert wrong.status_code == 404 and number in wrong.text and "没有查到" in wrong.text
    assert right.status_code == 200 and "受理" in right.text and number in right.text
    assert "set-cookie" not in right.headers


def test_progress_speaks_traditional_too(client):
    asked = {"number": ticket_of(client), "phone_tail": "5678", "script": "hant"}

    assert "臨時救助" in TestClient(client.app).post("/progress", data=asked).text
