"""The citizen's page for those who see little, hear instead of reading, or use no mouse."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.visitor import PHONE, REQUEST, Visitor

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
QUESTION = "低保要去哪里申请"
VOICE = """
    window.said = [];
    window.cancelled = 0;
    window.SpeechSynthesisUtterance = function (text) { this.text = text; };
    const voices = [{ lang: 'zh-CN', name: 'a Chinese voice' }];
    Object.defineProperty(window, 'speechSynthesis', { value: {
      getVoices: () => voices, addEventListener() {},
      speak(utterance) { window.said.push(utterance.text); window.last = utterance; },
      cancel() { window.cancelled += 1; },
    } });
"""
MICROPHONE = """
    window.SpeechRecognition = window.webkitSpeechRecognition = function () {
      window.microphone = this;
      this.start = () => {};
      this.stop = () => this.onend();
    };
"""


def evidence_open(visitor: Visitor) -> None:
    visitor.ask(QUESTION)
    visitor.page.locator("summary").first.click()
    visitor.page.get_by_role("button", name="没帮助").click()


def ticket_filed(visitor: Visitor) -> None:
    visitor.file_request()


def menu_open(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="更多").click()


def question_asked(visitor: Visitor) -> None:
    visitor.from_menu("删除我的对话")


def large_mode(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="大字模式").click()
    visitor.ask(QUESTION)


def without_network(visitor: Visitor) -> None:
    visitor.page.context.set_offline(True)
    visitor.say("您好")
    expect(visitor.page.get_by_text("没发出去")).to_be_visible()


@pytest.mark.parametrize(
    "state", [evidence_open, ticket_filed, menu_open, question_asked, large_mode, without_network]
)
def test_axe_finds_nothing_wrong(citizen_page: Visitor, state: Callable[[Visitor], None]):
    """对比度、名称、角色：无障碍检查没有发现问题。"""
    state(citizen_page)

    found = Axe().run(citizen_page.page, options={"runOnly": RULES})

    assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []


def test_a_request_is_filed_with_the_keyboard_alone(visit: Callable[..., Visitor]):
    """不用鼠标，只用 Tab 和回车，登记到拿工单号。"""
    visitor = visit(viewport={"width": 1024, "height": 700}).open()
    keyboard = visitor.page.keyboard
    tab_to(visitor.page, "TEXTAREA")
    for text in REQUEST:
        before = len(visitor.stored())
        keyboard.insert_text(text)
        keyboard.press("Enter")
        visitor.wait_for(lambda n=before: len(visitor.stored()) >= n + 2)
    expect(visitor.page.get_by_role("button", name="确认", exact=True)).to_be_visible()

    tab_to(visitor.page, "确认", backwards=True)
    keyboard.press("Enter")
    expect(visitor.page.locator(".ticket .digits")).to_be_visible()
    tab_to(visitor.page, "复制工单号", backwards=True)
    keyboard.press("Enter")

    expect(visitor.page.locator(".ticket .told")).not_to_be_empty()


def tab_to(page: Page, wanted: str, backwards: bool = False) -> None:
    """Press Tab until the focus is on the button with this text, or the element with this tag."""
    focused = "() => document.querySelector('hotline-chat').shadowRoot.activeElement"
    for _ in range(40):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        name = page.evaluate(f"(e => e ? [e.tagName, e.textContent] : [])(({focused})())")
        if wanted in name:
            return
    raise AssertionError(f"the keyboard never reached {wanted}")


def test_the_question_before_deleting_keeps_the_focus_and_gives_it_back(citizen_page: Visitor):
    citizen_page.from_menu("删除我的对话")
    active = "() => document.querySelector('hotline-chat').shadowRoot.activeElement.textContent"
    seen = []
    for _ in range(3):
        seen.append(citizen_page.page.evaluate(active))
        citizen_page.page.keyboard.press("Tab")
    citizen_page.page.keyboard.press("Escape")

    assert seen == ["先不删除", "确定删除", "先不删除"]
    assert citizen_page.page.evaluate(active) == "更多"
    expect(citizen_page.page.get_by_role("alertdialog")).to_have_count(0)


def test_large_mode_is_one_tap_and_makes_targets_60_px(citizen_page: Visitor):
    """点一下“大字”，字到26，按钮到60像素；下次打开还是大字。"""
    citizen_page.page.get_by_role("button", name="大字模式").click()
    citizen_page.ask(QUESTION)
    citizen_page.page.reload()
    citizen_page.page.locator("summary").first.wait_for()

    assert citizen_page.bubbles.last.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") == 26
    short = citizen_page.page.locator("button:visible, header a:visible, summary:visible").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().height < 60).map(e => e.textContent)"
    )
    assert short == []


@pytest.fixture
def equipped(visit: Callable[..., Visitor]) -> Visitor:
    """A citizen whose browser can speak Chinese and has a microphone."""
    visitor = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    visitor.page.add_init_script(VOICE + MICROPHONE)
    return visitor.open()


def test_a_message_is_read_aloud_number_by_number_until_stopped(equipped: Visitor):
    """朗读：12345 一个数字一个数字地念；再点就停。"""
    greeting = equipped.bubbles.first
    greeting.get_by_role("button", name="朗读").click()
    assert "1 1 0" in "".join(equipped.page.evaluate("window.said"))
    assert "110" not in "".join(equipped.page.evaluate("window.said"))

    before = equipped.page.evaluate("window.cancelled")
    greeting.get_by_role("button", name="停止朗读").click()

    assert equipped.page.evaluate("window.cancelled") == before + 1
    expect(greeting.get_by_role("button", name="朗读", exact=True)).to_be_visible()


def test_what_is_spoken_is_written_behind_what_was_typed(equipped: Visitor):
    """说话：听到的字接在已经打的字后面，说完再由本人发送。"""
    equipped.box.fill("我妈妈")
    equipped.page.get_by_role("button", name="说话").click()
    heard = "[[{ transcript: '摔断了' }], [{ transcript: '腿' }]]"
    equipped.page.evaluate(f"microphone.onresult({{ results: {heard} }})")
    expect(equipped.box).to_have_value("我妈妈摔断了腿")
    equipped.page.get_by_role("button", name="说完了").click()

    expect(equipped.page.get_by_role("button", name="说话")).to_be_visible()
    assert equipped.stored_words() == []


def test_browsers_without_voice_or_microphone_show_no_such_button(visit: Callable[..., Visitor]):
    visitor = visit(viewport=PHONE)
    visitor.page.add_init_script("delete window.webkitSpeechRecognition; delete window.SpeechRecognition;")
    visitor.open()

    assert visitor.page.get_by_role("button", name="说话").count() == 0
    expect(visitor.page.get_by_role("button", name="朗读")).to_have_count(0)
