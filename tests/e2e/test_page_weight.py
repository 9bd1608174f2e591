"""The citizen's page stays light, and in the language of old browsers."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import expect

from api.settings import PROJECT_ROOT
from tests.e2e.visitor import PHONE, Visitor

FOLDER = PROJECT_ROOT / "api" / "static" / "chat"
LIMIT_BYTES = 30_000
# What browsers learned after 2018: an old phone would not show the page at all.
YOUNGER_THAN_2018 = {
    "optional chaining": r"\?\.[a-zA-Z_(\[]",
    "nullish coalescing": r"\?\?",
    "logical assignment": r"(&&|\|\|)=",
    "catch without a name": r"catch\s*\{",
    "private members": r"[\s.]#[a-z]\w*\s*[=(;]",
    "class fields": r"^  (static )?\w+ = ",
    "numeric separators": r"\d_\d",
    "big integers": r"\b\d+n\b",
    "methods of later years": r"\.(flatMap|flat|replaceAll|at|matchAll|fromEntries|replaceChildren)\(",
    "globals of later years": r"\b(structuredClone|globalThis|queueMicrotask|AbortSignal\.(timeout|any))\b",
    "top-level await": r"^await ",
}


def test_all_of_the_page_is_30_kb_over_the_wire(live_hotline: str):
    """网页、脚本、样式全部加起来，压缩后不超过30kB。"""
    with httpx.Client(base_url=live_hotline, headers={"Accept-Encoding": "gzip"}) as http:
        page = http.get("/").text
        named = set(re.findall(r'(?:href|src)="(static/[^"]+)"', page))
        weights = {path: on_the_wire(http, path) for path in ["/", *sorted(named)]}

    assert {f"static/chat/{file.name}" for file in FOLDER.glob("*.js")} <= set(weights)
    assert sum(weights.values()) <= LIMIT_BYTES, weights


def test_on_a_slow_line_the_numbers_for_danger_come_before_any_script(visit: Callable[..., Visitor]):
    """400 kbit/s、来回 400 毫秒：脚本还没到，谁在答、110 和 120 已经看得见。"""
    visitor = visit(viewport=PHONE)
    page = visitor.page
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    line.send("Network.emulateNetworkConditions", slow)
    page.route("**/*.js", lambda route: route.abort())

    page.goto(visitor.base_url, wait_until="commit")

    expect(page.get_by_role("link", name="110").first).to_be_visible()
    expect(page.get_by_role("link", name="120").first).to_be_visible()


def on_the_wire(http: httpx.Client, path: str) -> int:
    with http.stream("GET", path) as response:
        return sum(len(piece) for piece in response.raise_for_status().iter_raw())


def test_the_scripts_use_no_syntax_younger_than_2018():
    """旧手机也看得懂：脚本里没有2018年以后才有的写法。"""
    files = [*FOLDER.glob("*.js"), FOLDER.parents[1] / "templates" / "offline.js"]
    found = [
        f"{file.name}: {name}"
        for file in files
        for name, pattern in YOUNGER_THAN_2018.items()
        if re.search(pattern, code(file), re.MULTILINE)
    ]

    assert found == []


def code(file: Path) -> str:
    """A script without its comments."""
    return re.sub(r"/\*.*?\*/|^\s*//.*$", "", file.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def test_the_page_asks_no_other_server_and_needs_no_inline_script(live_hotline: str):
    answer = httpx.get(live_hotline)

    assert re.findall(r'(?:src|href)="(?:https?:)?//', answer.text) == []
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", answer.text) == []
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
