"""“运行情况”在真的浏览器里：图画得出来，表一直在；名字里写代码只是字；能打印；没有脚本也能看。"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from api.accounts.model import Role
from api.accounts.store import AccountStore
from api.chat.model import EngineReply, Outcome, Reply
from api.chat.store import ConversationStore
from api.database import open_database
from api.parts import sealer_from
from api.settings import Settings
from benchmarks.filled_hotline import fill
from tests.api.served import serving
from tests.e2e.test_accessibility import RULES
from tests.e2e.visitor import PASSWORD, sign_in
from tickets import open_desk
from tickets.model import Actor, Area, Category, NewTicket, Urgency
from tickets.model import Role as DeskRole
from tickets.service import utc_now

HOSTILE = '</script><img src=x onerror="window.hacked=1"><b>'
A4_POINTS = (595, 842)


@pytest.fixture(scope="module")
def desk_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hotline with a past of its own, and names that mean it badly."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("figures"), database_url=None)
    engine, sealer = open_database(settings.database_address), sealer_from(settings)
    fill(engine, sealer, 400, 100, now=datetime.now(UTC))
    AccountStore(engine, utc_now).add_user("banzhang", Role.SUPERVISOR, PASSWORD)
    desk, dispatcher = open_desk(engine, sealer), Actor("paidan", DeskRole.DISPATCHER)
    for n in range(30):
        area = Area("湖南省", HOSTILE, HOSTILE, None, "435900", f"{n}号")
        ticket = desk.file(NewTicket(Category.COMPLAINT, Urgency.NORMAL, "投诉", f"第{n}次投诉", area))
        desk.move(ticket.number, "dispatch", actor=dispatcher, office=HOSTILE)
    store = ConversationStore(engine, sealer, utc_now)
    for _ in range(30):
        talk, _token, _hello = store.open("430000", Reply("您好"))
        message, _turn = store.take_in(talk.id, f"救助金怎么查{HOSTILE}", None)
        store.finish_turn(message, EngineReply((Reply("没有查到"),), Outcome.NO_EVIDENCE))
    engine.dispose()
    with serving(settings.data_dir) as served:
        yield served.url


@pytest.fixture
def open_figures(browser: Browser, desk_address: str) -> Iterator[Callable[..., Page]]:
    """Open the page as the supervisor; at the end nothing may have been complained about or executed."""
    contexts, complaints = [], []

    def come(query: str = "period=7", **options) -> Page:
        given = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", **options}
        context = browser.new_context(timezone_id="Asia/Shanghai", **given)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        sign_in(page, desk_address, "banzhang")
        page.goto(f"{desk_address}/console/figures?{query}")
        if given.get("java_script_enabled", True):
            page.wait_for_selector("#figures[data-drawn]")
        return page

    yield come
    for context in contexts:
        context.close()
    assert complaints == []


def test_every_chart_is_drawn_and_its_table_stays_in_the_page(open_figures):
    page = open_figures()
    charts = page.locator(".chart")

    assert charts.count() >= 8
    for index in range(charts.count()):
        chart = charts.nth(index)
        blank = chart.locator("canvas").evaluate(
            "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.every(v => v === 0)"
        )
        assert not blank, chart.get_attribute("aria-label")
        assert chart.locator("xpath=..").locator("table").count() == 1


def test_one_click_shows_the_table_and_one_more_the_chart(open_figures):
    page = open_figures()
    sheet = page.locator("#sheet-volume")
    toggle = sheet.locator("button")
    expect(sheet.locator("canvas")).to_be_visible()

    toggle.click()

    expect(sheet.locator("canvas")).to_be_hidden()
    assert sheet.locator("table").bounding_box()["height"] > 100
    renew(page)
    expect(sheet.locator("canvas")).to_be_hidden()
    sheet.locator("button").click()
    expect(sheet.locator("canvas")).to_be_visible()
    renew(page)
    expect(sheet.locator("canvas")).to_be_visible()
    assert sheet.locator(".table-frame").bounding_box()["height"] <= 1


def renew(page: Page) -> None:
    """Let the page fetch its figures anew, as it does every minute, and wait until they are drawn."""
    page.evaluate("document.getElementById('sheet-volume').dataset.before = 'yes'")
    page.evaluate("htmx.trigger('#figures', 'figures:now')")
    renewed, drawn = "#sheet-volume:not([data-before])", "#figures[data-drawn]"
    page.wait_for_function("all => all.every(one => document.querySelector(one))", arg=[renewed, drawn])
    page.wait_for_timeout(200)


def test_names_and_questions_that_mean_it_badly_are_only_drawn(open_figures):
    """地名、单位名、群众的问题里写了网页代码：图上、提示里、表里都只是字。"""
    page = open_figures("period=today&place=43")
    page.locator("#sheet-unanswered canvas").wait_for(timeout=30_000)

    for name in ("places", "deadlines", "unanswered"):
        box = page.locator(f"#sheet-{name} canvas").bounding_box()
        page.locator(f"#sheet-{name}").scroll_into_view_if_needed()
        page.locator(f"#sheet-{name} canvas").hover(position={"x": box["width"] / 2, "y": box["height"] / 3})
        page.wait_for_timeout(200)

    labels = page.evaluate("JSON.parse(document.getElementById('data-places').textContent).labels")
    assert HOSTILE in labels
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x], main b b").count() == 0


def test_a_place_opens_by_a_click_on_its_name_or_on_its_bar(open_figures):
    page = open_figures("period=30&place=43")
    page.locator("#sheet-places button").click()
    name = page.locator("#sheet-places tbody a").nth(1)
    title = name.inner_text()

    name.click()

    expect(page.locator("#sheet-places .path b")).to_have_text(title)
    expect(page.locator("#sheet-places .path")).to_contain_text("全国")
    page.goto(page.url.replace("place=", "was="))
    page.wait_for_selector("#figures[data-drawn]")
    canvas = page.locator("#sheet-places canvas")
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 0.3, "y": 52})
    page.wait_for_url(re.compile(r"place=43\d\d"))


@pytest.mark.parametrize("width", [1440, 768])
@pytest.mark.parametrize("period", ["today", "7"])
def test_axe_finds_nothing_wrong(open_figures, width, period):
    page = open_figures(f"period={period}", viewport={"width": width, "height": 900})

    found = Axe().run(page, options={"runOnly": RULES})

    assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_reaches_a_table_that_is_not_shown_and_shows_it(open_figures):
    page = open_figures()
    page.locator("#csv-volume").focus()

    page.keyboard.press("Tab")

    frame = page.locator("#sheet-volume .table-frame")
    expect(frame).to_be_focused()
    assert frame.bounding_box()["height"] > 50


def test_without_scripts_there_are_the_tables_and_the_files(open_figures):
    page = open_figures(java_script_enabled=False)

    assert page.locator("#sheet-volume table").bounding_box()["height"] > 100
    expect(page.locator("#print")).to_be_hidden()
    with page.expect_download() as loading:
        page.locator("#csv-volume").click()
    assert Path(loading.value.path()).read_bytes().startswith(b"\xef\xbb\xbf")


def test_it_prints_as_a_short_report_on_a4(open_figures, tmp_path):
    page = open_figures()

    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True, print_background=True)

    report = pypdfium2.PdfDocument(tmp_path / "report.pdf")
    assert len(report) <= 3
    assert tuple(round(size) for size in report[0].get_size()) == A4_POINTS
    words = "".join(page.get_textpage().get_text_range() for page in report)
    assert "运行情况" in words and "退出" not in words
