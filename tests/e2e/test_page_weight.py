"""The citizen's page stays light, and in the language of old browsers."""

import re
from pathlib import Path

import httpx

from api.settings import PROJECT_ROOT

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
