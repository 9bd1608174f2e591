"""两个坐席、一位群众，真的浏览器：接手、回话、备注、转交，都是说到就到；键盘能做完一切。"""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import Citizen, wait_until
from tests.e2e.test_accessibility import RULES
from tests.e2e.visitor import PASSWORD, Visitor, sign_in

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 768, "height": 1024}
AT_ONCE = 5_000  # milliseconds: far below the slow poll, patient with a busy machine


@pytest.fixture(scope="session")
def agents(hotline) -> tuple[str, str]:
    for name in ("zuoxi-jia", "zuoxi-yi"):
        hotline.command("users", "add", name, "--password", PASSWORD)
    return "zuoxi-jia", "zuoxi-yi"


@pytest.fixture
def desk(visit: Callable[..., Visitor], agents: tuple[str, str]) -> Page:
    return at_the_desk(visit, agents[0])


@pytest.fixture
def other(visit: Callable[..., Visitor], agents: tuple[str, str]) -> Page:
    return at_the_desk(visit, agents[1])


def at_the_desk(visit: Callable[..., Visitor], name: str) -> Page:
    visitor = visit(viewport=WIDE)
    sign_in(visitor.page, visitor.base_url, name)
    expect(visitor.page.locator("#fresh")).to_have_text("有新情况立即更新")
    return visitor.page


@pytest.fixture
def waiting(citizen: Citizen) -> Iterator[Citizen]:
    """Somebody who waits for a person."""
    citizen.say("低保怎么申请？")
    citizen.http.post(f"/v1/conversations/{citizen.id}/handover", headers=citizen.headers)
    yield citizen
    citizen.http.delete(f"/v1/conversations/{citizen.id}", headers=citizen.headers)


def open_talk(page: Page, citizen: Citizen) -> None:
    page.goto(f"{citizen.http.base_url}/console/conversations/{citizen.id}")
    expect(page.locator("#fresh")).to_have_text("有新情况立即更新")


def take(page: Page, citizen: Citizen) -> None:
    open_talk(page, citizen)
    page.get_by_role("button", name="接手").click()
    expect(page.get_by_label("回复群众")).to_be_focused()


def test_who_begins_to_wait_is_on_every_page_at_once(desk: Page, citizen: Citizen):
    """有人要人工：列表、菜单上的数字、标题，一秒内都变。"""
    citizen.say("您好")
    before = re.findall(r"\d+", desk.title())
    citizen.http.post(f"/v1/conversations/{citizen.id}/handover", headers=citizen.headers)

    expect(desk.locator(f"#held-{citizen.id}")).to_be_visible(timeout=AT_ONCE)
    count = int(before[0]) + 1 if before else 1
    expect(desk.locator("#queue-waiting")).to_have_text(f"{count} 位在等")
    expect(desk).to_have_title(re.compile(rf"^\({count}\) "))


def test_danger_is_told_and_beeps_until_that_is_switched_off(desk: Page, citizen: Citizen):
    """有危险：读屏软件念出来，响一声；关掉就不响，刷新后还记得。"""
    desk.evaluate(
        "document.body.addEventListener('hotline:beep', () => (window.beeps = (window.beeps || 0) + 1))"
    )
    desk.locator("h1").first.click()  # browsers play nothing before the page was touched
    citizen.say("我不想活了")
    wait_until(lambda: desk.evaluate("window.beeps") == 1, 5)
    expect(desk.locator("#queue-danger")).to_be_visible()
    expect(desk.locator("#live-told")).to_contain_text("有危险的对话在等人接手")

    desk.get_by_role("button", name="危险提示音").click()
    desk.reload()

    expect(desk.get_by_role("button", name="危险提示音 关")).to_be_visible()
    desk.get_by_role("button", name="危险提示音").click()


def test_of_two_agents_one_has_it_and_the_other_sees_it_at_once(desk: Page, other: Page, waiting: Citizen):
    """两个坐席开着同一段：一个接手，另一个的按钮马上没了，看得到是谁。"""
    open_talk(desk, waiting)
    open_talk(other, waiting)
    expect(desk.get_by_text("zuoxi-yi 也在看")).to_be_visible()

    desk.get_by_role("button", name="接手").click()

    expect(other.get_by_text("由 zuoxi-jia 处理").first).to_be_visible(timeout=AT_ONCE)
    expect(other.get_by_role("button", name="接手")).to_have_count(0)


def test_what_she_says_is_there_at_once_and_what_the_agent_says_needs_no_reload(
    desk: Page, other: Page, waiting: Citizen
):
    take(desk, waiting)
    desk.evaluate("window.notReloaded = true")
    open_talk(other, waiting)

    waiting.say("我的电话13812345678")
    expect(desk.locator(".said", has_text="13812345678")).to_be_visible(timeout=AT_ONCE)
    expect(other.locator(".said", has_text="138****5678")).to_be_visible(timeout=AT_ONCE)

    desk.get_by_label("回复群众").fill("您好，我来帮您看看")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".said.agent", has_text="我来帮您看看")).to_be_visible(timeout=AT_ONCE)
    expect(desk.get_by_label("回复群众")).to_have_value("")
    expect(other.locator(".said.agent", has_text="我来帮您看看")).to_be_visible(timeout=AT_ONCE)
    assert desk.evaluate("window.notReloaded")
    assert desk.locator(".said.agent").count() == 1


def test_what_is_typed_survives_going_away_and_is_gone_once_sent(desk: Page, waiting: Citizen):
    take(desk, waiting)
    desk.get_by_label("回复群众").fill("还没写完")
    desk.get_by_role("link", name="返回列表").click()
    open_talk(desk, waiting)
    expect(desk.get_by_label("回复群众")).to_have_value("还没写完")

    desk.get_by_role("button", name="发送").click()
    expect(desk.locator(".said.agent")).to_have_count(1)
    desk.reload()

    expect(desk.get_by_label("回复群众")).to_have_value("")


def test_what_was_typed_stays_in_sight_when_the_conversation_is_taken_away(
    desk: Page, waiting: Citizen, hotline
):
    """写到一半被班长转走：控件没了，写的话还看得到。"""
    take(desk, waiting)
    desk.get_by_label("回复群众").fill("写了一半的话")
    key = re.findall(r"hk_\S+", hotline.command("keys", "add", f"lead-{waiting.id}", "--role", "supervisor"))[
        0
    ]

    moved = waiting.http.post(
        f"/v1/agent/conversations/{waiting.id}/transfer", headers={"X-API-Key": key}, json={}
    )

    assert moved.status_code == 200
    expect(desk.locator("#kept")).to_have_text("没有发出的话：写了一半的话", timeout=AT_ONCE)
    expect(desk.get_by_label("回复群众")).to_have_count(0)


def test_the_agent_stays_where_she_reads(desk: Page, waiting: Citizen):
    """往上翻着看时新消息不把人拽下去，点“有新消息”才去。"""
    take(desk, waiting)
    desk.locator("#said").evaluate("e => e.scrollTo(0, 0)")
    waiting.say("第一句新话")
    waiting.say("第二句新话")

    below = desk.get_by_role("button", name="有 2 条新消息")
    expect(below).to_be_visible()
    assert desk.locator("#said").evaluate("e => e.scrollTop") == 0
    below.click()

    expect(below).to_be_hidden()
    waiting.say("第三句新话")
    expect(desk.locator(".said", has_text="第三句新话")).to_be_in_viewport()


def test_canned_replies_open_with_a_slash_and_are_taken_with_the_keyboard(desk: Page, waiting: Citizen):
    take(desk, waiting)
    desk.keyboard.type("/")
    first = desk.locator("#canned button").first
    expect(first).to_be_visible()

    desk.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    text = first.get_attribute("data-insert")
    desk.keyboard.press("Enter")

    expect(desk.get_by_label("回复群众")).to_have_value(text or "")
    expect(desk.get_by_label("回复群众")).to_be_focused()
    desk.keyboard.type(" /")
    expect(first).to_be_visible()
    desk.keyboard.press("Escape")
    expect(first).to_be_hidden()


def test_a_suggestion_is_put_into_the_reply_and_its_fate_is_known(desk: Page, waiting: Citizen):
    take(desk, waiting)
    expect(desk.locator("[data-insert]").first).to_be_visible()
    desk.keyboard.press("Alt+1")
    field = desk.get_by_label("回复群众")
    expect(field).not_to_have_value("")
    assert desk.locator("#suggested").input_value()

    with desk.expect_request("**/messages") as sent:
        desk.keyboard.press("Control+Enter")

    assert "suggestions=s_" in (sent.value.post_data or "")
    expect(desk.locator("#suggested")).to_have_value("")


def test_a_private_note_is_there_for_the_colleague_at_once(desk: Page, other: Page, waiting: Citizen):
    open_talk(desk, waiting)
    open_talk(other, waiting)
    desk.get_by_label("写一条备注").fill("她丈夫可能在旁边")
    desk.get_by_role("button", name="记下").click()

    expect(other.locator(".notes")).to_contain_text("她丈夫可能在旁边", timeout=AT_ONCE)
    expect(desk.get_by_label("写一条备注")).to_have_value("")
    assert "丈夫" not in str(waiting.transcript())


def test_a_conversation_is_passed_on_by_choosing_a_colleague(desk: Page, other: Page, waiting: Citizen):
    take(desk, waiting)
    open_talk(other, waiting)
    desk.get_by_text("交还、转交、结束").click()
    desk.get_by_label("转给").select_option("zuoxi-yi")
    desk.get_by_role("button", name="转交").click()

    expect(other.get_by_label("回复群众")).to_be_visible(timeout=AT_ONCE)
    expect(desk.get_by_label("回复群众")).to_have_count(0)


def test_everything_is_done_with_the_keyboard_alone(desk: Page, waiting: Citizen):
    """j 选中，t 接手，打字，Ctrl+Enter 发出，n 写备注，g q 回列表。"""
    expect(desk.locator(f"#held-{waiting.id}")).to_be_visible()
    row = desk.locator(f"#held-{waiting.id}")
    for _ in range(2 * desk.locator("#lists .row").count()):  # somebody may come into the queue meanwhile
        desk.keyboard.press("j")
        if row.evaluate("e => e === document.activeElement"):
            break
    expect(row).to_be_focused()
    desk.keyboard.press("t")
    desk.wait_for_url(f"**/conversations/{waiting.id}*")
    desk.keyboard.press("r")
    desk.keyboard.type("jtrng您好")
    expect(desk.get_by_label("回复群众")).to_have_value("jtrng您好")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".said.agent")).to_have_count(1)

    desk.locator("#said").focus()
    desk.keyboard.press("n")
    expect(desk.get_by_label("写一条备注")).to_be_focused()
    desk.keyboard.type("记一笔")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".notes")).to_contain_text("记一笔")
    desk.locator("#said").focus()
    desk.keyboard.press("g")
    desk.keyboard.press("q")
    desk.wait_for_url("**/console")


def test_shortcuts_are_listed_and_can_be_switched_off(desk: Page):
    desk.locator("h1").first.click()
    desk.keyboard.press("?")
    dialog = desk.get_by_role("dialog", name="快捷键")
    expect(dialog).to_be_visible()
    desk.get_by_label("使用快捷键").uncheck()
    desk.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    desk.locator("h1").first.click()
    desk.keyboard.press("?")

    expect(dialog).to_be_hidden()
    desk.get_by_role("button", name="快捷键").click()
    desk.get_by_label("使用快捷键").check()


def test_without_the_hotline_the_page_says_so_and_recovers_by_itself(desk: Page, waiting: Citizen):
    """断网：说明“更新不了”和这是几点的内容；没发出的话还在；通了自己补上。"""
    take(desk, waiting)
    context: BrowserContext = desk.context
    context.set_offline(True)
    desk.get_by_label("回复群众").fill("断网时写的")
    desk.get_by_role("button", name="发送").click()
    expect(desk.get_by_text("没有发出去：连不上热线")).to_be_visible()
    expect(desk.locator("#fresh")).to_contain_text("更新不了")
    waiting.say("断网时她说的")

    context.set_offline(False)

    expect(desk.locator(".said", has_text="断网时她说的")).to_be_visible(timeout=8_000)
    expect(desk.locator("#fresh")).not_to_contain_text("更新不了")
    desk.get_by_role("button", name="发送").click()
    expect(desk.locator(".said.agent", has_text="断网时写的")).to_have_count(1)


def test_after_signing_out_elsewhere_the_page_says_so_and_keeps_what_was_typed(
    desk: Page, waiting: Citizen, agents: tuple[str, str]
):
    take(desk, waiting)
    desk.get_by_label("回复群众").fill("还没发")
    desk.context.request.post(f"{waiting.http.base_url}/console/logout")
    expect(desk.get_by_text("您已退出登录")).to_be_visible(timeout=20_000)
    expect(desk.get_by_label("回复群众")).to_have_value("还没发")


def test_ten_pages_of_one_browser_share_one_stream(desk: Page, waiting: Citizen):
    """同一个浏览器开十页也只占一条连接，页面照样打得开、照样实时。"""
    pages = [desk.context.new_page() for _ in range(9)]
    for page in pages:
        open_talk(page, waiting)

    waiting.say("十页都看到")

    for page in pages:
        expect(page.locator(".said", has_text="十页都看到")).to_be_visible(timeout=3_000)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "768"])
@pytest.mark.parametrize("state", ["list", "waiting", "mine", "keys"])
def test_axe_finds_nothing_wrong(desk: Page, waiting: Citizen, size, state: str):
    desk.set_viewport_size(size)
    if state == "mine":
        take(desk, waiting)
        desk.get_by_text("交还、转交、结束").click()
        desk.get_by_role("button", name="常用语").click()
    elif state == "waiting":
        open_talk(desk, waiting)
    elif state == "keys":
        desk.get_by_role("button", name="快捷键").click()
    else:
        expect(desk.locator(f"#held-{waiting.id}")).to_be_visible()
    expect(desk.locator("#queue-waiting")).to_be_attached()

    found = Axe().run(desk, options={"runOnly": RULES})

    assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
