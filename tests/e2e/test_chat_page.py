"""The citizen's chat in a real browser: what she sees, and that not a word of hers is lost."""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.visitor import REQUEST, Visitor

QUESTION = "低保要去哪里申请，自己走不动可以让村干部代办吗"
NUMBER = re.compile(r"\d{8}-\d{4}-\d")


def test_a_policy_question_is_answered_with_the_article_it_rests_on(citizen_page: Visitor):
    """政策答复下面列出依据，点开是条文原文，一字不差。"""
    citizen_page.ask(QUESTION)

    evidence = citizen_page.page.locator("details", has_text="《社会救助暂行办法》第十一条").first
    evidence.locator("summary").click()

    citations = [citation for message in citizen_page.stored() for citation in message["citations"]]
    cited = next(citation for citation in citations if citation["article"] == "第十一条")
    assert evidence.locator("blockquote").evaluate("e => e.textContent") == cited["text"]
    expect(evidence).to_contain_text("国务院令第649号")
    expect(evidence).to_contain_text("自2014年5月1日起施行")
    assert citizen_page.complaints == []


def test_a_request_in_five_messages_ends_with_a_number_that_a_reload_still_shows(citizen_page: Visitor):
    """登记求助拿到工单号；刷新页面后每句话都还在，顺序不变。"""
    for text in REQUEST:
        citizen_page.ask(text)
    citizen_page.page.get_by_role("button", name="确认", exact=True).click()
    citizen_page.wait_for(lambda: bool(NUMBER.search(citizen_page.texts()[-1])))
    before = citizen_page.texts()

    citizen_page.page.reload()
    expect(citizen_page.bubbles).to_have_count(len(before))

    assert citizen_page.texts() == before == citizen_page.stored_texts()
    assert citizen_page.complaints == []


def test_words_written_without_network_arrive_once_when_it_is_back(citizen_page: Visitor):
    """断网时写的话看得见"没发出去"，来网后自动送到，只送到一次。"""
    context = citizen_page.page.context
    context.set_offline(True)

    citizen_page.say("您好")
    expect(citizen_page.page.get_by_text("没发出去，正在重试")).to_be_visible()
    expect(citizen_page.page.get_by_text("现在没有网络")).to_be_visible()
    context.set_offline(False)

    citizen_page.wait_for(lambda: citizen_page.stored_words() == ["您好"])
    citizen_page.wait_for(citizen_page.is_answered)
    expect(citizen_page.page.get_by_text("正在重试")).to_have_count(0)


def test_words_whose_answer_got_lost_on_the_way_are_not_doubled(citizen_page: Visitor):
    """话已送到、回执丢了：页面会再送一次，但只记一次、只显示一次。"""
    lost = []

    def lose_the_first_answer(route: Route) -> None:
        if lost:
            return route.continue_()
        route.fetch()
        lost.append(route.request.post_data_json["client_message_id"])
        route.abort()

    citizen_page.page.route("**/v1/conversations/*/messages", lose_the_first_answer)
    with citizen_page.page.expect_request_finished(
        lambda sent: bool(lost) and sent.method == "POST" and sent.url.endswith("/messages")
    ) as again:
        citizen_page.say("谢谢你")
    assert again.value.post_data_json["client_message_id"] == lost[0]
    citizen_page.wait_for(citizen_page.is_answered)
    assert citizen_page.stored_words() == ["谢谢你"]


def test_unsent_words_survive_a_reload_and_keep_their_order(citizen_page: Visitor):
    """没发出去时刷新页面，话还在，之后按原来的顺序送到。"""
    posts = "**/v1/conversations/*/messages"
    citizen_page.page.route(posts, lambda route: route.fulfill(status=503))
    citizen_page.say("第一句话")
    citizen_page.say("第二句话")
    expect(citizen_page.page.get_by_role("button", name="现在重试")).to_have_count(1)

    citizen_page.page.reload()
    expect(citizen_page.page.get_by_text("第二句话")).to_be_visible()
    citizen_page.page.unroute(posts)

    citizen_page.wait_for(lambda: citizen_page.stored_words() == ["第一句话", "第二句话"])
    citizen_page.wait_for(citizen_page.is_answered)


def test_a_conversation_that_is_gone_is_replaced_and_the_words_go_to_the_new_one(citizen_page: Visitor):
    """对话过期了：说明情况，开始新对话，刚写的话不丢。"""
    gone = '{"id": "c_gone", "token": "no"}'
    citizen_page.page.evaluate("key => localStorage.setItem('hotline.conversation', key)", gone)

    citizen_page.page.reload()
    citizen_page.say("我的低保停了")

    expect(citizen_page.page.get_by_text("已为您开始新的对话").first).to_be_visible()
    citizen_page.wait_for(lambda: citizen_page.key() not in (None, json.loads(gone)))
    citizen_page.wait_for(lambda: "我的低保停了" in citizen_page.stored_texts())
    expect(citizen_page.page.get_by_text("我的低保停了", exact=True)).to_have_count(1)


def test_asking_for_a_person_puts_the_conversation_into_the_queue(citizen_page: Visitor):
    """“转人工”一直看得见，点了就有回音。"""
    citizen_page.page.get_by_role("button", name="转人工，请工作人员来答复").click()

    expect(citizen_page.page.get_by_text("已经为您转人工")).to_be_visible()
    assert citizen_page.texts() == citizen_page.stored_texts()


def test_enter_while_composing_chinese_does_not_send(citizen_page: Visitor):
    """拼音还没选字时按回车，只选字，不发送；之后按回车才发送。"""
    box = citizen_page.box
    box.fill("dibao")
    for composing in ({"isComposing": True}, {"keyCode": 229}):
        box.dispatch_event("keydown", {"key": "Enter", "bubbles": True, "composed": True, **composing})
    assert box.input_value() == "dibao"

    box.fill("低保")
    box.press("Enter")

    expect(box).to_have_value("")
    citizen_page.wait_for(lambda: "低保" in citizen_page.stored_texts())


def test_markup_in_a_message_is_shown_as_text(citizen_page: Visitor):
    """群众写的尖括号原样显示，不会变成网页的一部分。"""
    attack = "<img src=x onerror=\"document.title='被攻破'\"><b>救我</b>"

    citizen_page.ask(attack)

    assert attack in citizen_page.texts()
    assert citizen_page.page.locator(".message img").count() == 0
    assert citizen_page.page.title() == "社会救助热线"


def test_a_sentence_with_hotlines_lets_them_be_dialled_but_not_amounts(citizen_page: Visitor):
    """答复里的 120 点一下能拨；120元 不是电话。"""
    dialled = citizen_page.page.evaluate(
        """async () => {
            const { words } = await import('/static/chat/build.js');
            const say = JSON.parse(document.querySelector('hotline-chat').dataset.texts);
            const pieces = words('请打120、12345。每月120元，国办发〔2020〕53号，工单20261122-0120-3', say);
            const line = document.createElement('p');
            line.append(...pieces);
            return Array.from(line.querySelectorAll('a'), (link) => link.getAttribute('href'));
        }"""
    )
    assert dialled == ["tel:120", "tel:12345"]


@pytest.mark.parametrize("width", [320, 360])
def test_text_grows_to_30_px_and_nothing_sticks_out(visit, width: int):
    """字号 18 到 30；放到最大也不用左右拖动，按钮都够大。"""
    visitor = visit(viewport={"width": width, "height": 640}, has_touch=True, is_mobile=True).open()
    visitor.ask(QUESTION)
    sizes = []
    for _ in range(4):
        sizes.append(visitor.bubbles.last.evaluate("e => parseFloat(getComputedStyle(e).fontSize)"))
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
        scroll = visitor.page.locator(".scroll")
        assert scroll.evaluate("e => e.scrollWidth <= e.clientWidth")
        short = visitor.page.locator("button:visible, header a:visible, summary:visible").evaluate_all(
            "all => all.filter(e => e.getBoundingClientRect().height < 44).map(e => e.textContent)"
        )
        assert short == []
        visitor.page.get_by_role("button", name="更多").click()
        visitor.page.get_by_role("button", name="字大一点").click(force=True)
        visitor.page.get_by_role("button", name="关上").click()
    assert sizes == [18, 22, 26, 30]


def test_the_promise_and_the_emergency_numbers_are_always_in_sight(citizen_page: Visitor):
    """再长的对话，AI 提示、不要钱、110/120/119 和转人工都不会滚走。"""
    citizen_page.ask(QUESTION)

    expect(citizen_page.page.get_by_text("由AI提供")).to_be_in_viewport()
    expect(citizen_page.page.get_by_text("绝不要钱、要密码")).to_be_in_viewport()
    for number in ("110", "120", "119"):
        expect(citizen_page.page.locator(f"header a[href='tel:{number}']")).to_be_in_viewport()
    expect(citizen_page.page.get_by_role("button", name="转人工，请工作人员来答复")).to_be_in_viewport()


def test_a_shared_phone_can_be_wiped(citizen_page: Visitor):
    """清除之后，下一个拿这台手机的人看不到前面的话。"""
    citizen_page.ask("我家里的事不想让别人知道")
    first = citizen_page.key()["id"]

    citizen_page.from_menu("清除这台设备上的对话")
    citizen_page.page.get_by_role("button", name="确定清除").click()
    citizen_page.page.get_by_text("您好").first.wait_for()

    citizen_page.page.reload()
    citizen_page.page.get_by_text("您好").first.wait_for()
    expect(citizen_page.bubbles).to_have_count(1)
    assert citizen_page.key()["id"] != first


def test_the_event_parser_gives_the_same_events_however_the_line_cuts_them(citizen_page: Visitor):
    """网络把数据切成多小的块，消息都不丢、不重、不乱码。"""
    broken = citizen_page.page.evaluate(
        """async () => {
            const { EventParser } = await import('/static/chat/stream.js');
            const text = 'id: 7\\r\\nevent: message\\r\\ndata: {"a":1}\\r\\n\\r\\n: ping\\r\\n\\r\\n' +
              'id: 9\\ndata: 两\\ndata: 行\\n\\n';
            const expected = JSON.stringify([{ id: '7', data: '{"a":1}' }, { id: '9', data: '两\\n行' }]);
            const failed = [];
            for (let size = 1; size <= text.length; size++) {
              const events = [];
              const parser = new EventParser((event) => events.push(event));
              for (let at = 0; at < text.length; at += size) parser.feed(text.slice(at, at + size));
              if (JSON.stringify(events) !== expected) failed.push(size);
            }
            return failed;
        }"""
    )
    assert broken == []
