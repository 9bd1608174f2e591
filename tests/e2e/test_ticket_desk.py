"""工单台在真的浏览器里：筛选不刷新整页、网址记得住、键盘能办、两个人同时办一张说得清。"""

import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.visitor import PASSWORD, Visitor, sign_in

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 768, "height": 1024}
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
CHANGES_EVERY = 15_000
OVERTAKEN = ("htmx:afterRequest", "htmx:sendAbort")  # what htmx says when a newer choice replaces a request


@pytest.fixture(scope="session")
def key(hotline) -> dict[str, str]:
    """Headers of a system that files tickets."""
    return {"X-API-Key": hotline.command("keys", "add", "gongdan-e2e", "--role", "agent").strip()}


@pytest.fixture
def file(live_hotline: str, key) -> Callable[..., str]:
    """Files a ticket of somebody new, from a place of this test alone; gives its number."""

    def make(description: str = "房子漏雨，没有地方住", place: str = "凤凰县", **fields: Any) -> str:
        phone = f"139{secrets.randbelow(10**8):08d}"
        body = {"description": description, "place": place, "applicant": {"name": "石海", "phone": phone}}
        sent = httpx.post(f"{live_hotline}/v1/tickets", json={**body, **fields}, headers=key, timeout=30)
        return sent.raise_for_status().json()["number"]

    return make


@pytest.fixture
def enter(visit: Callable[..., Visitor], hotline) -> Callable[..., Visitor]:
    """Signs somebody in with a role, at a desk of the given size."""

    def come(role: str = "supervisor", size: dict[str, int] = WIDE) -> Visitor:
        name = f"gongdan-{role}-{secrets.token_hex(3)}"
        hotline.command("users", "add", name, "--role", role, "--password", PASSWORD)
        visitor = visit(viewport=size)
        sign_in(visitor.page, visitor.base_url, name)
        return visitor

    return come


def listed(page: Page) -> Any:
    return page.locator("#results a.open")


def test_filters_change_the_list_alone_and_stay_in_the_address(enter, file):
    """选了就筛，不刷新整页；网址发给同事，打开是一样的。"""
    here, other = file(place="凤凰县"), file(place="桑植县")
    desk = enter()
    desk.page.goto(f"{desk.base_url}/console/tickets")
    desk.page.evaluate("window.stayed = true")

    desk.page.get_by_label("地点").fill("凤凰县")
    expect(listed(desk.page).filter(has_text=here)).to_be_visible()
    expect(listed(desk.page).filter(has_text=other)).to_have_count(0)
    desk.page.get_by_role("link", name="待派单").click()
    expect(desk.page.get_by_role("link", name="待派单")).to_have_attribute("aria-current", "true")

    assert desk.page.evaluate("window.stayed") is True
    desk.page.reload()
    assert "group=to_dispatch" in desk.page.url
    expect(desk.page.get_by_label("地点")).to_have_value("凤凰县")
    expect(listed(desk.page).filter(has_text=here)).to_be_visible()
    expect(listed(desk.page).filter(has_text=other)).to_have_count(0)
    assert [each for each in desk.complaints if not each.startswith(OVERTAKEN)] == []


def test_a_ticket_is_found_opened_and_moved_with_the_keyboard_alone(enter, file):
    """不碰鼠标：/ 找工单号，j、k 上下，回车打开，办完回到原来的列表。"""
    first, second = file(place="永顺县"), file(place="永顺县")
    desk = enter()
    page = desk.page
    page.goto(f"{desk.base_url}/console/tickets?place=永顺县&order=newest")
    expect(listed(page)).to_have_count(2)

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(listed(page).filter(has_text=first)).to_be_focused()
    page.keyboard.press("k")
    expect(listed(page).filter(has_text=second)).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("#chosen-count")).to_have_text("已选 1 张")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text(second)
    page.locator("#move-withdraw > summary").focus()
    page.keyboard.press("Enter")
    page.locator("#move-withdraw > summary").press("Tab")
    page.keyboard.insert_text("申请人来电说不办了")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="已办好：撤销")).to_be_visible()
    page.get_by_role("link", name="返回列表").click()
    expect(listed(page)).to_have_text([first])


def test_a_number_typed_from_the_phone_opens_the_ticket_on_enter(enter, file):
    number = file()
    desk = enter("agent")
    desk.page.goto(f"{desk.base_url}/console/tickets")

    desk.page.keyboard.press("/")
    desk.page.keyboard.insert_text(number.replace("-", ""))
    expect(listed(desk.page)).to_have_text([number])
    desk.page.keyboard.press("Enter")

    expect(desk.page.get_by_role("heading", level=1)).to_contain_text(number)


def test_two_people_at_one_ticket_learn_of_each_other_and_lose_no_word(enter, file):
    """两个人同时办一张：后办的人马上看到别人办了什么；填的字还在，再点一次就成。"""
    number = file()
    lead, agent = enter(), enter("agent")
    agent.page.clock.install()
    for desk in (lead, agent):
        desk.page.goto(f"{desk.base_url}/console/tickets/{number}")
    agent.page.locator("#move-withdraw > summary").click()
    agent.page.locator("#move-withdraw textarea").fill("申请人来电说不办了")

    lead.page.locator("#move-dispatch > summary").click()
    lead.page.locator("#move-dispatch input[name=office]").fill("凤凰县民政局")
    lead.page.locator("#move-dispatch").get_by_role("button", name="派单").click()
    expect(lead.page.get_by_text("已办好：派单")).to_be_visible()
    agent.page.clock.run_for(CHANGES_EVERY)
    expect(agent.page.get_by_text("这张工单刚刚有变动")).to_be_visible()
    expect(agent.page.locator(".meanwhile")).to_contain_text("派单")
    agent.page.locator("#move-withdraw").get_by_role("button", name="撤销").click()

    expect(agent.page.get_by_role("alert").filter(has_text="没有办成")).to_contain_text("凤凰县民政局")
    expect(agent.page.locator("#move-withdraw textarea")).to_have_value("申请人来电说不办了")
    agent.page.locator("#move-withdraw").get_by_role("button", name="撤销").click()
    expect(agent.page.get_by_text("已办好：撤销")).to_be_visible()


def test_several_are_dispatched_at_once_and_each_is_reported(enter, file):
    numbers = [file(place="保靖县") for _ in range(3)]
    desk = enter("dispatcher")
    desk.page.goto(f"{desk.base_url}/console/tickets?place=保靖县")
    expect(desk.page.locator(".bulk")).to_be_hidden()

    for number in numbers[:2]:
        desk.page.get_by_label(f"选中 {number}").check()
    desk.page.get_by_label("派给").fill("保靖县民政局")
    desk.page.locator(".bulk").get_by_label("原因").fill("集中派单")
    desk.page.get_by_role("button", name="派单", exact=True).click()

    report = desk.page.locator(".sent")
    expect(report).to_contain_text("派成 2 张，没有派成 0 张")
    expect(report.locator("li")).to_have_count(2)
    expect(desk.page.locator("#results tr").filter(has_text=numbers[2])).to_contain_text("已受理")
    expect(desk.page.locator("#results tr").filter(has_text=numbers[0])).to_contain_text("已派单")


def test_the_whole_text_is_seen_once_for_a_reason(enter, file):
    number = file(applicant={"name": "石海", "phone": "13900008888"})
    desk = enter("agent")
    desk.page.goto(f"{desk.base_url}/console/tickets/{number}")
    assert "13900008888" not in desk.page.content()

    desk.page.get_by_text("显示全文").click()
    desk.page.get_by_label("为什么要看").fill("要回电话")
    desk.page.get_by_role("button", name="显示", exact=True).click()
    expect(desk.page.get_by_text("13900008888")).to_be_visible()
    desk.page.get_by_role("link", name="返回遮盖的页面").click()

    expect(desk.page.get_by_text("139****8888")).to_be_visible()
    assert "13900008888" not in desk.page.content() and "13900008888" not in desk.page.url
    desk.page.get_by_text("谁看过全文").click()
    expect(desk.page.locator(".seen")).to_contain_text("要回电话")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "768"])
def test_hostile_words_stay_words_and_axe_finds_nothing_wrong(enter, file, size):
    """群众写的代码不会动；宽屏、窄屏，无障碍检查都没有问题，也不用左右拖。"""
    number = file(description=f"房子漏雨{HOSTILE}", summary=HOSTILE, place="古丈县")
    desk = enter(size=size)
    for path in ("?place=古丈县", f"/{number}", f"/{number}/print"):
        desk.page.goto(f"{desk.base_url}/console/tickets{path}")

        expect(desk.page.locator("main")).to_contain_text("<img src=x")
        assert "owned" not in desk.page.title() and desk.complaints == []
        found = Axe().run(desk.page, options={"runOnly": RULES})
        assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []
        assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_the_desk_still_works(visit, enter, file):
    """脚本用不了也能办：筛选、打开、派单，都是普通的表单和链接。"""
    number = file(place="花垣县")
    desk = enter()
    plain = visit(viewport=WIDE, java_script_enabled=False)
    plain.page.context.add_cookies(desk.page.context.cookies())
    plain.page.goto(f"{desk.base_url}/console/tickets")

    plain.page.get_by_label("地点").fill("花垣县")
    plain.page.get_by_role("button", name="筛选").click()
    plain.page.get_by_role("link", name=number).click()
    plain.page.locator("#move-dispatch > summary").click()
    plain.page.locator("#move-dispatch input[name=office]").fill("花垣县民政局")
    plain.page.locator("#move-dispatch").get_by_role("button", name="派单").click()

    expect(plain.page.get_by_text("已办好：派单")).to_be_visible()
