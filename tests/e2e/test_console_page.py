"""The agents' console in a real browser, and the chat inside another page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.visitor import DESK, PASSWORD, Visitor, sign_in

REQUEST = [
    "我要登记求助",
    "家里断了收入，孩子交不起学费",
    "湖南省长沙市浏阳市大瑶镇",
    "我自己",
    "13900001234",
    "确认",
]


@pytest.fixture(scope="session")
def agent_account(hotline) -> str:
    hotline.command("users", "add", "zuoxi1", "--password", PASSWORD)
    return "zuoxi1"


@pytest.fixture
def desk(visit: Callable[..., Visitor], agent_account: str) -> Page:
    """An agent who has signed in at the console."""
    visitor = visit(viewport=DESK)
    sign_in(visitor.page, visitor.base_url, agent_account)
    return visitor.page


def test_the_newest_conversation_is_first_with_its_ticket_and_masked(desk: Page, citizen_page: Visitor):
    """坐席登录后看到最新的对话排在最前，里面有它的工单，电话已遮盖。"""
    for text in REQUEST:
        citizen_page.ask(text)
    filed = citizen_page.texts()[-1]

    desk.reload()
    first_talk = desk.locator(".newest a").first
    expect(first_talk).to_have_attribute("id", citizen_page.key()["id"])
    first_talk.click()
    expect(desk.locator("#said")).to_contain_text("139****1234")
    ticket = desk.locator("#about a.number")
    number = ticket.inner_text()
    assert number in filed
    assert "13900001234" not in desk.content()

    ticket.click()
    expect(desk.locator("main")).to_contain_text("139****1234")
    expect(desk.locator("main")).to_contain_text("孩子交不起学费")
    assert "13900001234" not in desk.content()


def test_the_lists_refresh_by_themselves(desk: Page, citizen_page: Visitor):
    """不用刷新，新的话几秒内就出现在列表里；话里的代码只是文字。"""
    citizen_page.ask("<b>您好</b>")

    newest = desk.locator(".newest a").first
    expect(newest).to_have_attribute("id", citizen_page.key()["id"], timeout=8_000)
    assert desk.locator(".talks b", has_text="您好").count() == 0


def test_a_conversation_is_taken_answered_and_handed_back(
    desk: Page, visit: Callable[..., Visitor], agent_account: str, citizen_page: Visitor
):
    """群众点转人工，坐席接手、回话、交还；群众页面不用刷新就看得到，别的坐席看得到是谁在处理。"""
    citizen_page.ask("我的电话是13900001234")
    citizen_page.page.get_by_role("button", name="转人工，请工作人员来答复").click()
    expect(citizen_page.page.get_by_text("已经为您转人工")).to_be_visible()
    key = citizen_page.key()["id"]

    held = desk.locator(".queue li", has=desk.locator(f"#held-{key}"))
    expect(held).to_contain_text("群众要求转人工")
    expect(held).to_contain_text("139****1234")
    held.get_by_role("button", name="接手").click()
    expect(desk.get_by_text("13900001234").first).to_be_visible()
    desk.get_by_label("回复群众").fill("您好，我是值班员")
    desk.get_by_role("button", name="发送").click()
    expect(citizen_page.page.get_by_text("您好，我是值班员")).to_be_visible()

    citizen_page.say("谢谢你")
    expect(desk.locator(".said", has_text="谢谢你")).to_be_visible()
    assert [m["role"] for m in citizen_page.stored()][-3:] == ["system", "agent", "citizen"]

    desk.get_by_text("交还、转交、结束").click()
    desk.get_by_label("说明（可不填）").first.fill("带上户口本")
    desk.get_by_label("由 AI 转告群众").check()
    desk.get_by_role("button", name="交还给 AI").click()
    expect(citizen_page.page.get_by_text("请我转告您：带上户口本")).to_be_visible()
    expect(desk.get_by_role("button", name="接手")).to_be_visible()
    assert citizen_page.complaints == []


def test_after_closing_what_she_writes_begins_a_new_conversation(desk: Page, citizen_page: Visitor):
    """坐席结束对话后群众再说话：页面说清楚，开始新的对话，话不丢。"""
    citizen_page.ask("您好")
    old = citizen_page.key()["id"]
    desk.goto(f"{citizen_page.base_url}/console/conversations/{old}")
    desk.get_by_role("button", name="接手").click()
    desk.get_by_text("交还、转交、结束").click()
    desk.get_by_role("button", name="结束对话").click()
    expect(citizen_page.page.get_by_text("工作人员已经结束这段对话")).to_be_visible()

    citizen_page.say("我还有一件事")
    expect(citizen_page.page.get_by_text("已为您开始新的对话")).to_be_visible()
    citizen_page.wait_for(lambda: citizen_page.key() is not None and citizen_page.key()["id"] != old)
    citizen_page.wait_for(lambda: citizen_page.stored_words() == ["我还有一件事"])


def test_what_another_agent_takes_is_said_at_once_and_the_button_goes(
    desk: Page, visit: Callable[..., Visitor], hotline, citizen_page: Visitor
):
    hotline.command("users", "add", "banzhang1", "--role", "supervisor", "--password", PASSWORD)
    lead = visit(viewport=DESK).page
    sign_in(lead, citizen_page.base_url, "banzhang1")
    lead.wait_for_url("**/console")
    citizen_page.ask("您好")
    address = f"{citizen_page.base_url}/console/conversations/{citizen_page.key()['id']}"
    for page in (desk, lead):
        page.goto(address)
    desk.get_by_role("button", name="接手").click()
    expect(desk.get_by_label("回复群众")).to_be_visible()

    expect(lead.get_by_role("heading", name="由 zuoxi1 处理")).to_be_visible(timeout=1_500)
    assert lead.get_by_role("button", name="接手").count() == 0


def test_the_same_element_works_inside_another_page(visit):
    """嵌入别的网页也能用，不受那个网页样式的影响。"""
    visitor = visit(viewport=DESK)
    portal = """<!doctype html><meta charset=utf-8><link rel="icon" href="data:,">
        <style>* { font-size: 7px !important; color: #fff !important; display: inline !important }
        div, button { position: static !important; text-transform: uppercase }</style>
        <h1>县政府</h1><script src="/widget.js"></script>"""
    visitor.page.route("**/portal", lambda route: route.fulfill(body=portal, content_type="text/html"))

    visitor.page.goto(f"{visitor.base_url}/portal")
    visitor.page.get_by_role("button", name="救助咨询").click()
    visitor.page.get_by_text("您好").first.wait_for()
    visitor.ask("您好")

    size = visitor.bubbles.last.evaluate("e => getComputedStyle(e).fontSize")
    assert size == "18px"
    assert visitor.complaints == []
