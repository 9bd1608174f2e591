"""建议答复、常用语、查政策，在真的浏览器里：一次点击或一个快捷键就放进回复；不用鼠标也能用。"""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.visitor import DESK, PASSWORD, Visitor, sign_in

QUESTION = "低保怎么申请，要带什么"
HEARD = "window.heard = []; document.addEventListener('hotline:insert', (e) => window.heard.push(e.detail))"


@pytest.fixture(scope="session")
def account(hotline) -> str:
    hotline.command("users", "add", "jianyi1", "--password", PASSWORD)
    return "jianyi1"


@pytest.fixture
def desk(visit: Callable[..., Visitor], account: str) -> Visitor:
    """An agent who has signed in."""
    visitor = visit(viewport=DESK)
    sign_in(visitor.page, visitor.base_url, account)
    return visitor


@pytest.fixture
def suggested(desk: Visitor) -> Page:
    """The page with suggestions for a question, and an ear for what is inserted."""
    page = desk.page
    page.goto(f"{desk.base_url}/console/suggestions")
    page.get_by_label("群众说的话").fill(QUESTION)
    page.get_by_role("button", name="看建议").click()
    expect(page.locator(".suggestion").nth(2)).to_be_visible()
    page.evaluate(HEARD)
    return page


def test_a_click_and_a_key_hand_the_words_over(suggested: Page):
    """点一下，或按 Alt+2，回复框就收到这条建议的全文和编号。"""
    suggested.locator(".insert").first.click()
    suggested.keyboard.press("Alt+2")

    heard = suggested.evaluate("window.heard")
    cards = suggested.locator(".suggestion")
    assert [one["suggestion"] for one in heard] == [cards.nth(n).get_attribute("id") for n in (0, 1)]
    assert heard[0]["text"] == suggested.locator(".insert").first.get_attribute("data-insert")
    expect(cards.first).to_have_class("suggestion kind-entry inserted")


def test_a_source_opens_its_article(suggested: Page):
    chip = suggested.locator(".sources details").first

    chip.locator("summary").click()

    expect(chip.locator("blockquote")).to_contain_text("第")


def test_rejecting_takes_two_clicks_and_says_so(suggested: Page):
    """“不合适”，再点一个原因，就记下了。"""
    card = suggested.locator(".suggestion").first

    card.get_by_text("不合适").click()
    card.get_by_role("button", name="过时了").click()

    expect(card.get_by_role("status")).to_contain_text("已记下：过时了")


def test_the_search_page_follows_the_keyboard(desk: Visitor):
    """/ 到输入框，打完字就出结果，不用按回车。"""
    page = desk.page
    page.goto(f"{desk.base_url}/console/search")
    page.evaluate("document.activeElement.blur()")

    page.keyboard.press("/")
    page.keyboard.type("特困供养怎么申请")

    expect(page.locator(".hit").first).to_be_visible()
    assert page.url.endswith("/console/search")


@pytest.mark.parametrize("width", [1440, 768])
@pytest.mark.parametrize("path", ["search?q=低保怎么申请", "canned", "suggestions"])
def test_axe_finds_nothing_serious_and_nothing_sticks_out(desk: Visitor, path: str, width: int):
    page = desk.page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{desk.base_url}/console/{path}")

    found = Axe().run(page).response["violations"]

    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert desk.complaints == []
