"""工作台“知识库”在真浏览器里：两个人、键盘、没有脚本、无障碍。"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.conftest import LiveHotline
from tests.e2e.visitor import PASSWORD, Visitor, sign_in

DESK = {"width": 1440, "height": 900}
TABLET = {"width": 768, "height": 1000}
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
PAGES = ["", "/files", "/entries", "/drafts", "/unanswered", "/generations", "draft", "document", "entry"]
QUESTION = "脱粒机掉进河里能申请救助吗"
LAW = """# 测试县打谷救助办法

2026年1月5日 测试县人民政府公布

第一条 为了帮助困难群众，制定本办法。

第二条 {filler}
"""


@pytest.fixture(scope="module")
def editors(hotline: LiveHotline) -> tuple[str, str]:
    """Two accounts that may edit."""
    for name in ("zhishi-jia", "zhishi-yi"):
        hotline.command("users", "add", name, "--role", "editor", "--password", PASSWORD)
    return "zhishi-jia", "zhishi-yi"


def open_page(visit: Callable[..., Visitor], name: str, path: str = "", **options: Any) -> Page:
    """A page of the knowledge base in a browser of its own, signed in."""
    visitor = visit(**{"viewport": DESK, **options})
    page, address = visitor.page, visitor.base_url
    sign_in(page, address, name)
    page.goto(f"{address}/console/knowledge{path}")
    return page


def write(page: Page, title: str) -> None:
    """Fill the form of a new draft, picking its source from the search."""
    page.get_by_role("button", name="写新条目").click()
    page.get_by_label("标题", exact=True).fill(title)
    page.get_by_label("问法").fill(f"{QUESTION}\n脱粒机坏了没收成找谁\n脱粒机淹了怎么办")
    page.get_by_label("类别").select_option("临时救助")
    page.get_by_label("答复").fill("带上修理单，到乡镇政府申请临时救助。")
    page.get_by_label("查条文").fill("申请临时救助")
    page.get_by_role("button", name=re.compile("^引用")).first.click()
    expect(page.locator(".check-in_force")).to_have_count(1)


def test_what_one_writes_and_another_approves_is_what_a_citizen_hears(
    visit: Callable[..., Visitor], editors: tuple[str, str], citizen_page: Visitor, hotline: LiveHotline
):
    """甲写、试答、提交；乙审核；甲发布；群众问同样的话，听到的就是这一条。"""
    kept = json.loads(hotline.command("knowledge", "generations", "--json"))
    before = next(one["name"] for one in kept if one["current"])
    first, second = (open_page(visit, name, "/drafts") for name in editors)
    write(first, "脱粒机掉进河里怎么申请救助")
    first.get_by_role("button", name="保存草稿").click()
    first.get_by_role("button", name="试答").click()
    expect(first.locator(".trial").first).to_contain_text("用的是这一稿", timeout=60_000)
    first.get_by_role("button", name="保存并提交审核").click()
    expect(first.locator("h1")).to_contain_text("待审核")
    assert first.get_by_role("button", name="审核通过").count() == 0

    second.reload()
    second.get_by_role("link", name="脱粒机掉进河里怎么申请救助").click()
    second.get_by_role("button", name="审核通过").click()
    expect(second.locator("h1")).to_contain_text("已审核")
    first.reload()
    first.get_by_role("button", name="发布", exact=True).click()
    expect(first.locator("#job")).to_contain_text("已发布。索引", timeout=90_000)

    citizen_page.ask(QUESTION)
    expect(citizen_page.bubbles.last).to_contain_text("修理单")
    hotline.command("knowledge", "rollback", before)


def test_a_large_file_is_sent_in_pieces_and_shown_before_it_is_published(
    visit: Callable[..., Visitor], editors: tuple[str, str], tmp_path: Path
):
    page = open_page(visit, editors[0], "/files")
    file = tmp_path / "测试县打谷救助办法(2026-01-05).md"
    file.write_text(LAW.format(filler="打谷机被水淹的，可以申请救助。" * 60_000), "utf-8")
    assert file.stat().st_size > 2_000_000

    page.get_by_label("选择文件").set_input_files(file)
    page.get_by_role("button", name="上传并读取").click()

    expect(page.locator(".understood")).to_contain_text("测试县打谷救助办法", timeout=60_000)
    expect(page.locator(".understood")).to_contain_text("认不出适用地区")
    page.get_by_role("button", name="不要了").click()
    expect(page.get_by_label("选择文件")).to_be_visible()


def test_enter_in_a_field_looks_up_the_sources_and_loses_nothing(
    visit: Callable[..., Visitor], editors: tuple[str, str]
):
    """只用键盘：在查条文里按回车，列出条文；写的字都在。"""
    page = open_page(visit, editors[0], "/drafts")
    page.get_by_role("button", name="写新条目").click()
    page.get_by_label("标题", exact=True).focus()
    page.keyboard.insert_text("键盘写的标题")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("键盘写的问法")
    page.get_by_label("查条文").focus()
    page.keyboard.insert_text("临时救助")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^引用")).first).to_be_visible()
    page.get_by_role("button", name=re.compile("^引用")).first.focus()
    page.keyboard.press("Enter")

    expect(page.locator(".check-in_force")).to_have_count(1)
    assert page.get_by_label("标题", exact=True).input_value() == "键盘写的标题"
    assert page.get_by_label("问法").input_value() == "键盘写的问法"


def test_without_scripts_a_draft_is_written_all_the_same(
    browser: Browser, live_hotline: str, editors: tuple[str, str]
):
    context = browser.new_context(java_script_enabled=False, locale="zh-CN", viewport=DESK)
    page = context.new_page()
    sign_in(page, live_hotline, editors[0])
    page.goto(f"{live_hotline}/console/knowledge/drafts")
    page.get_by_role("button", name="写新条目").click()
    page.get_by_label("标题", exact=True).fill("没有脚本")
    page.get_by_label("查条文").fill("申请临时救助")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("button", name=re.compile("^引用")).first.click()
    expect(page.locator(".check-in_force")).to_have_count(1)
    page.get_by_role("button", name="保存草稿").click()

    expect(page.locator("h1")).to_contain_text("没有脚本")
    page.goto(f"{live_hotline}/console/knowledge/unanswered")
    page.get_by_role("link", name="列出来").click()
    expect(page.locator("#groups")).to_be_visible()
    context.close()


@pytest.mark.parametrize("viewport", [DESK, TABLET], ids=["desk", "tablet"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_wrong(
    visit: Callable[..., Visitor], editors: tuple[str, str], path: str, viewport: dict[str, int]
):
    page = open_page(visit, editors[1], path if path.startswith("/") else "", viewport=viewport)
    if path == "draft":
        page.goto(page.url + "/drafts")
        page.get_by_role("button", name="写新条目").click()
        page.get_by_label("查条文").fill("临时救助")
        page.get_by_role("button", name=re.compile("^引用")).first.click()
    if path in ("document", "entry"):
        page.goto(page.url + {"document": "", "entry": "/entries"}[path])
        page.locator("td.wanted a").first.click()
    if path == "/unanswered":
        expect(page.get_by_text("正在归组")).to_have_count(0)

    found = Axe().run(page, options={"runOnly": RULES})

    assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
