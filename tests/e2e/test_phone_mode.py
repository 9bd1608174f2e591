"""接电话，在真的浏览器里：只用键盘，从第一个字到念工单号；打字时光标不跳，改过的不动，断线不丢。"""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from api.accounts.model import Role
from tests.api.served import Served, serving
from tests.e2e.visitor import PASSWORD, sign_in

CALL = "我隔壁张奶奶八十三了，屋顶漏雨没钱修\n在隆回司门前\n我姓刘，电话138 1234\n5678"
WIDTHS = [{"width": 1440, "height": 900}, {"width": 768, "height": 1024}]


@pytest.fixture(scope="module")
def hotline_without_rasa(tmp_path_factory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("phone-mode")
    add_agent(folder)
    with serving(folder) as served:
        yield served


def add_agent(folder) -> None:
    from api.parts import open_accounts_from
    from api.settings import Settings

    accounts = open_accounts_from(Settings(data_dir=folder, database_url=None))
    accounts.add_user("jiedian", Role.AGENT, PASSWORD)


@pytest.fixture
def phone(browser, hotline_without_rasa) -> Iterator[Callable[..., Page]]:
    """Opens phone mode for an agent who has signed in; what the browser complains about fails the test."""
    contexts, complaints = [], []

    def come(viewport=WIDTHS[0]) -> Page:
        context = browser.new_context(viewport=viewport, locale="zh-CN", timezone_id="Asia/Shanghai")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        sign_in(page, hotline_without_rasa.url, "jiedian")
        page.goto(f"{hotline_without_rasa.url}/console/phone?new=1")
        expect(page.locator("#words")).to_be_focused()
        return page

    yield come
    for context in contexts:
        context.close()
    assert complaints == []


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_contain_text("已保存")


def test_a_call_from_the_first_word_to_the_next_call_by_keyboard_alone(phone):
    """不碰鼠标：打字、核对、登记、念号、下一通。"""
    page = phone()
    expect(page.locator("#words")).to_be_focused()

    page.keyboard.type(CALL)
    expect(page.get_by_label("电话", exact=True)).to_have_value("13812345678")
    expect(page.locator("#f-place")).to_have_value("湖南省邵阳市隆回县司门前镇")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_contain_text("138 1234 5678")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#filed-number")).to_be_visible()
    expect(page.get_by_text("请念给来电人")).to_be_visible()
    expect(page.locator("#new-call")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#words")).to_be_focused()
    expect(page.locator("#words")).to_have_value("")


def test_filling_takes_neither_focus_nor_caret_nor_what_was_changed_by_hand(phone):
    page = phone()
    page.keyboard.type("我下岗了没有收入，住洞口县高沙镇")
    expect(page.locator("#f-place")).to_have_value("湖南省邵阳市洞口县高沙镇")
    page.locator("#f-name").fill("石小海")
    page.locator("#words").focus()
    page.evaluate("document.getElementById('words').setSelectionRange(2, 2)")

    with page.expect_response("**/console/phone/k_*"):
        page.keyboard.type("去年")
    saved(page)

    assert page.evaluate("document.getElementById('words').selectionStart") == 4
    expect(page.locator("#words")).to_be_focused()
    page.evaluate("document.getElementById('words').setSelectionRange(99, 99)")
    with page.expect_response("**/console/phone/k_*"):
        page.keyboard.type("，我叫王丽，电话13712340001")
    expect(page.get_by_label("电话", exact=True)).to_have_value("13712340001")
    expect(page.locator("#f-name")).to_have_value("石小海")


def test_a_browser_that_was_closed_finds_the_call_again(phone, hotline_without_rasa):
    page = phone()
    page.keyboard.type("我想登记，屋里断粮三天了")
    saved(page)
    address = page.url
    page.context.close()

    again = phone()
    again.goto(address)

    expect(again.locator("#words")).to_have_value("我想登记，屋里断粮三天了")
    expect(again.locator("#calls")).to_contain_text("我想登记")


def test_while_the_line_is_down_it_says_so_and_saves_as_soon_as_it_is_back(phone):
    page = phone()
    page.keyboard.type("先说的")
    saved(page)
    page.context.set_offline(True)
    page.keyboard.type("，断线时说的")
    expect(page.locator("#saved")).to_contain_text("没有保存上")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.context.set_offline(False)

    expect(page.locator("#saved")).to_contain_text("已保存", timeout=10_000)
    page.reload()
    expect(page.locator("#words")).to_have_value("先说的，断线时说的")


def test_danger_shows_the_number_while_the_caller_still_speaks(phone):
    page = phone()

    page.keyboard.type("我爸倒在地上叫不醒，没有呼吸了")

    expect(page.locator(".strip-number")).to_contain_text("120")
    expect(page.locator("#f-urgency")).to_have_value("紧急")
    page.keyboard.press("Alt+x")
    expect(page.locator(".strip-number")).to_have_count(0)


def test_a_parked_call_waits_while_another_is_taken(phone):
    page = phone()
    page.keyboard.type("第一位来电人")
    saved(page)
    page.keyboard.press("Alt+n")
    expect(page.locator("#words")).to_have_value("")
    expect(page.locator("#words")).to_be_focused()
    page.keyboard.type("第二位来电人")
    saved(page)

    page.locator("#calls a", has_text="第一位来电人").press("Enter")

    expect(page.locator("#words")).to_have_value("第一位来电人")


def test_the_next_field_to_look_at_has_a_key(phone):
    page = phone()
    page.keyboard.type("我下岗了没有收入")
    saved(page)

    page.keyboard.press("Alt+j")

    doubtful = page.evaluate("document.activeElement.closest('.in-doubt') !== null")
    assert doubtful


def test_a_candidate_place_is_chosen_by_its_button(phone):
    page = phone()
    page.locator("#f-place").fill("城关镇")
    page.locator("#f-place").fill("朝阳")
    choice = page.locator("[data-pick]").first
    expect(choice).to_be_visible()
    name = choice.inner_text()

    choice.press("Enter")

    expect(page.locator("#f-place")).to_have_value(name)


@pytest.mark.parametrize("viewport", WIDTHS, ids=["1440", "768"])
def test_every_state_of_the_page_is_accessible(phone, viewport):
    page = phone(viewport)
    page.keyboard.type("我爸倒在地上叫不醒\n在朝阳，我姓刘，电话138123")
    expect(page.locator(".strip-number")).to_be_visible()
    serious(page)
    page.keyboard.press("Control+Enter")
    page.get_by_role("dialog").wait_for()
    serious(page)
    page.keyboard.press("Control+Enter")
    page.locator("#filed-number").wait_for()
    serious(page)


def serious(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    bad = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
    assert bad == []
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide
