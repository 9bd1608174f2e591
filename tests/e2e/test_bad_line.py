"""When something breaks under the open page: she is told calmly, and no word of hers is lost or doubled."""

import os
import signal
import sqlite3

import pytest
from playwright.sync_api import expect

from tests.conftest import LiveHotline, is_ready, wait_until
from tests.e2e.visitor import PHONE, REQUEST, Visitor

HALF_A_MINUTE_MS = 30_000


def test_half_a_minute_without_network_in_the_middle_of_a_request_loses_nothing(citizen_page: Visitor):
    """登记到一半断网30秒：写的两句话留着，来网后按顺序送到，登记接着办完。"""
    for text in REQUEST[:2]:
        citizen_page.ask(text)
    context = citizen_page.page.context
    context.set_offline(True)
    citizen_page.say(REQUEST[2])
    citizen_page.say(REQUEST[3])
    expect(citizen_page.page.get_by_text("现在没有网络")).to_be_visible()
    expect(citizen_page.page.locator("footer a[href='tel:12345']")).to_be_visible()
    citizen_page.page.wait_for_timeout(HALF_A_MINUTE_MS)
    assert citizen_page.stored_words() == REQUEST[:2]
    context.set_offline(False)

    citizen_page.wait_for(lambda: citizen_page.stored_words() == REQUEST[:4])
    citizen_page.wait_for(citizen_page.is_answered)
    expect(citizen_page.page.get_by_text("现在没有网络")).to_have_count(0)
    citizen_page.ask(REQUEST[4])
    citizen_page.page.get_by_role("button", name="确认", exact=True).click()
    expect(citizen_page.page.locator(".ticket .digits")).to_have_count(1)


def test_a_request_goes_on_after_a_reload_in_its_middle(citizen_page: Visitor):
    """登记到一半刷新页面：草稿还在，前面的话都在，接着登记。"""
    for text in REQUEST[:3]:
        citizen_page.ask(text)
    before = citizen_page.texts()
    citizen_page.box.fill("我正在写的半句")

    citizen_page.page.reload()

    expect(citizen_page.bubbles).to_have_count(len(before))
    assert citizen_page.texts() == before
    expect(citizen_page.box).to_have_value("我正在写的半句")
    citizen_page.ask(REQUEST[3])
    citizen_page.ask(REQUEST[4])
    expect(citizen_page.page.get_by_role("button", name="确认", exact=True)).to_be_visible()


def test_an_api_killed_under_the_open_page_costs_no_word(citizen_page: Visitor, hotline: LiveHotline):
    """服务被杀掉又起来：页面说明情况，期间写的话一句不少、一句不重。"""
    citizen_page.ask("您好")
    supervisor = hotline.process.pid
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(hotline.child("api"), signal.SIGKILL)
        citizen_page.say("我家的低保停了")
        citizen_page.say("怎么办")
        expect(citizen_page.page.get_by_text("暂时连不上热线")).to_be_visible(timeout=15_000)
        expect(citizen_page.page.get_by_text("没发出去，正在重试").first).to_be_visible()
    finally:
        os.kill(supervisor, signal.SIGCONT)

    wait_until(lambda: is_ready(hotline.base_url), 120)

    words = ["您好", "我家的低保停了", "怎么办"]
    citizen_page.wait_for(lambda: citizen_page.stored_words() == words, 60)
    citizen_page.wait_for(citizen_page.is_answered, 60)
    expect(citizen_page.page.get_by_text("暂时连不上热线")).to_have_count(0, timeout=30_000)


def test_a_rasa_killed_under_the_open_page_is_hardly_noticed(citizen_page: Visitor, hotline: LiveHotline):
    """对话引擎坏了，政策问题照样有答案和依据。"""
    os.kill(hotline.child("rasa"), signal.SIGKILL)

    citizen_page.ask("低保要去哪里申请，自己走不动可以让村干部代办吗")

    expect(citizen_page.page.locator("details").first).to_be_visible()
    assert citizen_page.stored_words() == ["低保要去哪里申请，自己走不动可以让村干部代办吗"]
    wait_until(lambda: is_ready(hotline.base_url), 120)


def test_a_database_that_is_busy_gets_the_words_in_the_end(citizen_page: Visitor, hotline: LiveHotline):
    """数据库一时写不进：话留在页面上，说清楚还没发出去；好了自动送到，只送一次。"""
    citizen_page.ask("您好")
    busy = sqlite3.connect(hotline.data_dir / "hotline.db", isolation_level=None)
    busy.execute("BEGIN IMMEDIATE")
    try:
        citizen_page.say("我想问临时救助")
        expect(citizen_page.page.get_by_text("没发出去，正在重试")).to_be_visible(timeout=40_000)
        expect(citizen_page.page.get_by_text("热线这会儿忙不过来")).to_be_visible(timeout=40_000)
    finally:
        busy.execute("ROLLBACK")
        busy.close()

    citizen_page.wait_for(lambda: citizen_page.stored_words() == ["您好", "我想问临时救助"], 60)
    citizen_page.wait_for(citizen_page.is_answered, 60)
    expect(citizen_page.page.get_by_text("热线这会儿忙不过来")).to_have_count(0)


@pytest.fixture
def returning(visit) -> Visitor:
    """A citizen who has been on the page before, with a browser that keeps pages."""
    visitor = visit(viewport=PHONE, has_touch=True, is_mobile=True, service_workers="allow").open()
    visitor.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return visitor


def test_the_page_opens_again_without_network_and_keeps_what_is_written(returning: Visitor):
    """没有网也能打开用过的页面：电话号码看得到，写下的话等来网后送出。"""
    returning.page.context.set_offline(True)

    returning.page.reload()

    expect(returning.page.get_by_text("现在没有网络")).to_be_visible()
    expect(returning.page.locator("header a[href='tel:110']")).to_be_visible()
    returning.say("没网时写的话")
    expect(returning.page.get_by_text("没发出去，正在重试")).to_be_visible()
    returning.page.reload()
    expect(returning.page.get_by_text("没网时写的话")).to_be_visible()
    returning.page.context.set_offline(False)
    returning.wait_for(lambda: returning.stored_words() == ["没网时写的话"])
    returning.wait_for(returning.is_answered)


def test_what_is_kept_for_times_without_network_is_the_page_and_no_word_of_hers(returning: Visitor):
    """为断网留下的只有页面文件，没有对话内容。"""
    returning.ask("我的身世不要留在别处")
    returning.page.reload()
    returning.page.get_by_text("我的身世不要留在别处").wait_for()

    kept = returning.page.evaluate(
        """async () => {
            const cache = await caches.open('hotline-page');
            const all = await cache.matchAll();
            return Promise.all(all.map(async (one) => [new URL(one.url).pathname, await one.text()]));
        }"""
    )

    assert {"/", "/static/chat/element.js", "/static/chat/chat.css"} <= {path for path, _ in kept}
    assert all(path == "/" or path.startswith("/static/") for path, _ in kept)
    assert not any("我的身世" in text or returning.key()["token"] in text for _, text in kept)
