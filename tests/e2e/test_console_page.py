"""The agents' console in a real browser, and the chat inside another page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.visitor import DESK, Visitor

REQUEST = [
    "我要登记求助",
    "家里断了收入，孩子交不起学费",
    "湖南省长沙市浏阳市大瑶镇",
    "我自己",
    "13900001234",
    "确认",
]
PASSWORD = "a long enough password"


@pytest.fixture(scope="session")
def agent_account(hotline) -> str:
    hotline.command("users", "add", "zuoxi1", "--password", PASSWORD)
    return "zuoxi1"


@pytest.fixture
def desk(visit: Callable[..., Visitor], agent_account: str) -> Page:
    """An agent who has signed in at the console."""
    visitor = visit(viewport=DESK)
    sign_in(visitor.page, visitor.base_url, agent_account, PASSWORD)
    visitor.page.wait_for_url("**/console")
    return visitor.page


def sign_in(page: Page, base_url: str, name: str, password: str) -> None:
    page.goto(f"{base_url}/console")
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def test_an_agent_sees_the_newest_conversation_and_ticket_first_and_masked(desk: Page, citizen_page: Visitor):
    """坐席登录后看到最新的对话和工单排在最前，电话已遮盖。"""
    for text in REQUEST:
        citizen_page.ask(text)
    filed = citizen_page.texts()[-1]

    desk.reload()
    first_ticket = desk.locator("tbody a.number").first
    first_talk = desk.locator(".talks a").first
    number = first_ticket.inner_text()
    assert number in filed
    assert first_talk.get_attribute("id") == citizen_page.key()["id"]

    first_ticket.click()
    expect(desk.locator("main")).to_contain_text("139****1234")
    expect(desk.locator("main")).to_contain_text("孩子交不起学费")
    assert "13900001234" not in desk.content()

    desk.get_by_role("link", name="查看对话").click()
    expect(desk.locator(".said").last).to_contain_text(number)
    assert "13900001234" not in desk.content()


def test_the_lists_refresh_by_themselves(visit, agent_account: str, citizen_page: Visitor):
    """不用刷新，十秒内新的话就出现在列表里。"""
    visitor = visit(viewport=DESK)
    visitor.page.clock.install()
    sign_in(visitor.page, visitor.base_url, agent_account, PASSWORD)
    visitor.page.wait_for_url("**/console")

    citizen_page.ask("<b>您好</b>")
    visitor.page.clock.run_for(10_000)

    newest = visitor.page.locator(".talks a").first
    expect(newest).to_have_attribute("id", citizen_page.key()["id"])
    assert visitor.page.locator(".talks b", has_text="您好").count() == 0


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
