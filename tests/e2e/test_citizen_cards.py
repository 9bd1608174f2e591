"""Below an answer and in the menu: the law's words, the ticket, opinions, the talk as a file, erasing it."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.conftest import LiveHotline
from tests.e2e.visitor import DESK, PHONE, Visitor

QUESTION = "低保要去哪里申请，自己走不动可以让村干部代办吗"


def test_an_article_opens_to_its_words_its_number_its_date_and_where_it_comes_from(citizen_page: Visitor):
    """依据卡片：名称、文号、条、施行日期、原文、来源。"""
    citizen_page.ask(QUESTION)
    evidence = citizen_page.page.locator("details", has_text="《社会救助暂行办法》第十一条").first
    evidence.locator("summary").click()

    expect(evidence).to_contain_text("国务院令第649号")
    expect(evidence).to_contain_text("自2014年5月1日起施行")
    expect(evidence).to_contain_text("来源：社会救助暂行办法(2019-03-02)")
    assert "第十一条" in evidence.locator("blockquote").inner_text()


def test_questions_to_choose_from_fit_a_thumb_and_go_when_one_is_chosen(citizen_page: Visitor):
    """要选哪件事时，每个选项占一行；点一项就问那一项。"""
    citizen_page.ask("低保")
    choices = citizen_page.page.locator(".choices button")
    widths = choices.evaluate_all("all => all.map(e => [e.offsetWidth, e.offsetHeight])")
    assert len(widths) > 1
    assert all(width > 250 and height >= 60 for width, height in widths)

    chosen = choices.first.inner_text()
    choices.first.click()
    citizen_page.wait_for(citizen_page.is_answered)

    assert chosen in citizen_page.stored_words()[-1]
    expect(citizen_page.page.get_by_role("button", name=chosen)).to_have_count(0)


def test_the_ticket_card_shows_the_number_and_copies_it(visit: Callable[..., Visitor]):
    """工单号大字显示，答复期限写清楚，点一下就复制。"""
    visitor = visit(viewport=PHONE, permissions=["clipboard-read", "clipboard-write"]).open()
    number = visitor.file_request()
    card = visitor.page.locator(".ticket")

    card.get_by_role("button", name="复制工单号").click()

    expect(card.locator(".told")).to_have_text("已复制，可以粘贴到别处。")
    assert visitor.page.evaluate("navigator.clipboard.readText()") == number
    filed = next(text for text in visitor.texts() if number in text)
    due = card.get_by_text("最迟").inner_text().removeprefix("最迟 ").removesuffix(" 前给您答复")
    assert due in filed
    visitor.page.reload()
    expect(visitor.page.locator(".ticket .digits")).to_have_text(number)


def test_the_number_can_be_copied_without_the_clipboard_of_secure_pages(visit: Callable[..., Visitor]):
    """办公内网没有https：老办法也能复制。"""
    visitor = visit(viewport=PHONE, permissions=["clipboard-read"])
    hidden = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
    visitor.page.add_init_script(hidden)
    visitor.open()
    visitor.file_request()
    visitor.page.locator(".ticket").get_by_role("button", name="复制工单号").click()

    expect(visitor.page.locator(".ticket .told")).to_have_text("已复制，可以粘贴到别处。")


def test_the_ticket_card_leads_to_the_progress_page_with_the_number_filled_in(citizen_page: Visitor):
    number = citizen_page.file_request()
    with citizen_page.page.expect_popup() as opened:
        citizen_page.page.locator(".ticket").get_by_role("link", name="查进度").click()
    page = opened.value

    assert number in page.locator("input").evaluate_all("all => all.map(e => e.value)")
    page.locator("input:not([type=hidden])").last.fill("5678")
    page.locator("button[type=submit], button:not([type])").first.click()

    expect(page.locator("body")).to_contain_text("正在安排单位办理")


ONE, TWO = "20261123-0001-3", "20261123-0002-1"


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        (f"登记好了，工单号是 {ONE}。\n会在 11月24日17:00 前与您联系。", [(ONE, "11月24日17:00")]),
        (
            f"两件事：\n· 低保：{ONE}\n· 医疗救助：{TWO}\n会在 2027年1月4日17:00 前与您联系。",
            [(ONE, "2027年1月4日17:00"), (TWO, "2027年1月4日17:00")],
        ),
        (f"工單 {ONE}：已經受理。最遲 11月24日17:00 前會有人聯繫。", [(ONE, "11月24日17:00")]),
        (f"工单 {ONE}：本来应当在 11月24日17:00 前与您联系，已经超过了，对不起。", []),
        (f"我已经登记了紧急工单 {TWO}，正在叫值班的工作人员接手。", []),
        ("请在11月24日前带户口本来。", []),
    ],
)
def test_a_card_is_made_of_a_promise_and_of_nothing_else(citizen_page: Visitor, text: str, cards: list):
    """有工单号又有答复期限才是工单卡片；过期的、急救时的不出卡片。"""
    found = citizen_page.page.evaluate(
        """async (text) => {
            const { promised } = await import('/static/chat/cards.js');
            const answer = await (await fetch('/')).text();
            const page = new DOMParser().parseFromString(answer, 'text/html');
            return promised(text, JSON.parse(page.querySelector('hotline-chat').dataset.texts));
        }""",
        text,
    )
    assert [(card["number"], card["due"]) for card in found] == cards


def test_an_opinion_with_a_reason_reaches_the_editors(citizen_page: Visitor, hotline: LiveHotline):
    """“没帮助”加一句自己的话，知识管理员看得到；刷新后按钮还记得。"""
    citizen_page.ask(QUESTION)
    answer = citizen_page.bubbles.last
    answer.get_by_role("button", name="没帮助").click()
    answer.get_by_label("也可以自己写一句").fill("没说要带什么证件")
    with citizen_page.page.expect_response("**/feedback") as answered:
        answer.get_by_role("button", name="写好了").click()
    assert answered.value.status == 204
    expect(answer.get_by_text("谢谢，记下了。")).to_be_visible()

    listed = hotline.command("knowledge", "feedback", "--json")

    assert "没说要带什么证件" in json.dumps(json.loads(listed), ensure_ascii=False)
    citizen_page.page.reload()
    expect(citizen_page.page.get_by_role("button", name="没帮助")).to_have_attribute("aria-pressed", "true")


def test_an_opinion_given_without_network_arrives_later(citizen_page: Visitor):
    citizen_page.ask(QUESTION)
    citizen_page.page.context.set_offline(True)
    citizen_page.bubbles.last.get_by_role("button", name="有帮助").click()
    expect(citizen_page.page.get_by_text("谢谢，记下了。")).to_be_visible()

    with citizen_page.page.expect_response("**/feedback") as answered:
        citizen_page.page.context.set_offline(False)

    assert answered.value.status == 204


def test_the_talk_can_be_kept_as_a_file(citizen_page: Visitor, tmp_path: Path):
    """保存对话：一个看得懂的文本文件，名字是中文的。"""
    citizen_page.ask(QUESTION)
    with citizen_page.page.expect_download() as saved:
        citizen_page.from_menu("保存这段对话")
    saved.value.save_as(tmp_path / "talk.txt")

    assert saved.value.suggested_filename.startswith("社会救助热线")
    kept = (tmp_path / "talk.txt").read_text("utf-8-sig")
    assert QUESTION in kept
    assert "第十一条" in kept


def test_what_was_said_is_erased_on_the_hotline_too_and_the_ticket_stays(citizen_page: Visitor):
    """删除我的对话：先问清楚，再真的删掉；工单留着，并说出号码。"""
    # A matter that was filed before would be added to that ticket, which is not of this talk.
    number = citizen_page.file_request(matter="屋顶被风吹垮了，没有钱修", phone="13700008888")
    key = citizen_page.key()
    citizen_page.from_menu("删除我的对话")
    expect(citizen_page.page.get_by_role("alertdialog")).to_contain_text("已登记的工单会留着")
    citizen_page.page.get_by_role("button", name="确定删除").click()

    expect(citizen_page.page.get_by_text(f"工单 {number} 还留着")).to_be_visible()
    address = f"{citizen_page.base_url}/v1/conversations/{key['id']}/messages"
    read = httpx.get(address, headers={"Authorization": f"Bearer {key['token']}"})
    assert read.status_code in (401, 404)
    citizen_page.wait_for(lambda: citizen_page.key() not in (None, key))
    expect(citizen_page.page.get_by_text("摔断了腿")).to_have_count(0)


def test_without_network_nothing_is_called_erased(citizen_page: Visitor):
    """断网时删不掉就说没删掉，对话还在。"""
    citizen_page.ask("您好")
    citizen_page.page.context.set_offline(True)
    citizen_page.from_menu("删除我的对话")
    citizen_page.page.get_by_role("button", name="确定删除").click()
    expect(citizen_page.page.get_by_role("alert")).to_contain_text("还没有删除")
    citizen_page.page.get_by_role("button", name="先不删除").click()
    citizen_page.page.context.set_offline(False)

    assert citizen_page.stored_words() == ["您好"]
    assert "您好" in citizen_page.texts()


def test_traditional_characters_for_the_page_its_answers_and_the_law(citizen_page: Visitor):
    """换成繁体：页面、答复、条文都是繁体，存下来的还是原样；下次打开还是繁体。"""
    citizen_page.from_menu("繁體字")
    citizen_page.page.wait_for_url("**/?script=hant")
    expect(citizen_page.page.get_by_role("button", name="轉人工，請工作人員來答覆")).to_be_visible()
    expect(citizen_page.bubbles.first).to_contain_text("您好，這裡是社會救助熱線")
    citizen_page.box.fill(QUESTION)
    citizen_page.page.get_by_role("button", name="發送").click()

    law = citizen_page.page.locator("details", has_text="《社會救助暫行辦法》第十一條").first
    expect(law).to_be_visible()
    assert "低保要去哪里申请" in citizen_page.texts()[1]
    citizen_page.page.goto(citizen_page.base_url)
    citizen_page.page.wait_for_url("**/?script=hant")
    expect(law).to_be_visible()


def test_the_element_holds_in_a_page_that_means_it_badly(visit: Callable[..., Visitor]):
    """嵌进样式很霸道的网页，字号、颜色、位置都不走样，照样能问能答。"""
    visitor = visit(viewport=DESK)
    portal = (Path(__file__).parent / "hostile.html").read_text("utf-8")
    visitor.page.route("**/portal", lambda route: route.fulfill(body=portal, content_type="text/html"))
    visitor.page.goto(f"{visitor.base_url}/portal")
    visitor.page.get_by_role("button", name="救助咨询").click()
    visitor.page.get_by_text("您好").first.wait_for()

    visitor.ask(QUESTION)

    looks = visitor.bubbles.last.evaluate(
        "e => { const s = getComputedStyle(e); return [s.fontSize, s.color, s.letterSpacing, s.direction] }"
    )
    assert looks == ["18px", "rgb(26, 33, 41)", "normal", "ltr"]
    panel = visitor.page.locator(".panel").bounding_box()
    assert panel is not None
    assert (panel["width"], panel["height"]) == (400, 680)
    send = visitor.page.get_by_role("button", name="发送").bounding_box()
    assert send is not None
    assert panel["x"] < send["x"] < panel["x"] + panel["width"] - 72
    assert visitor.complaints == []


def test_in_a_page_not_made_for_phones_the_chat_gets_a_page_of_its_own(visit: Callable[..., Visitor]):
    """政府网站没有手机版：字会小得看不清，就另开一页。"""
    visitor = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    portal = '<link rel="icon" href="data:,"><h1>county</h1><script src="/widget.js"></script>'
    visitor.page.route("**/portal", lambda route: route.fulfill(body=portal, content_type="text/html"))
    visitor.page.goto(f"{visitor.base_url}/portal")

    with visitor.page.expect_popup() as opened:
        visitor.page.get_by_role("button", name="救助咨询").click()

    expect(opened.value.get_by_text("您好").first).to_be_visible()
    assert opened.value.evaluate("innerWidth") == PHONE["width"]
