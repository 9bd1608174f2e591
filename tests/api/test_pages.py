"""网页：带着保护出门，轻到旧手机也打得开，话都在数据文件里。"""

import gzip
from html.parser import HTMLParser
from pathlib import Path

import pytest

import api
from api.texts import texts

STATIC = Path(api.__file__).parent / "static"
BUDGET_BYTES = 30_000


class Inline(HTMLParser):
    """Collects what a strict content policy would refuse: scripts and styles written into the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open = ""

    def handle_starttag(self, tag, attrs):
        self._open = tag
        self.found += [name for name, _ in attrs if name.startswith("on") or name == "style"]

    def handle_data(self, data):
        if self._open in ("script", "style") and data.strip():
            self.found.append(data.strip()[:40])


def test_the_chat_page_allows_only_its_own_files(client):
    """除了本站文件，什么都不许加载；页面里没有内嵌脚本和样式。"""
    page = client.get("/")

    assert page.headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    inline = Inline()
    inline.feed(page.text)
    assert inline.found == []


def test_no_other_site_may_frame_the_console(client):
    """后台页面不许被别的网站嵌套，以免诱骗点击。"""
    assert "frame-ancestors 'none'" in client.get("/console/login").headers["content-security-policy"]


@pytest.mark.parametrize("entrance", ["/", "/widget.js"])
def test_the_citizens_page_stays_under_30_kilobytes(client, entrance):
    """从网页进，或者嵌在别的网站里：脚本、样式、文字压缩后一共不超过 30 kB。"""
    files = [path.read_bytes() for path in (STATIC / "chat").iterdir()]
    everything = [*files, client.get(entrance).content]

    assert sum(len(gzip.compress(content)) for content in everything) < BUDGET_BYTES


def test_the_scripts_hold_no_chinese(client):
    """界面文字都在 texts/pages.zh.yml，脚本里一个汉字也没有。"""
    spoken = [
        path.name
        for path in STATIC.rglob("*.js")
        if path.parent.name != "vendor" and any("一" <= char <= "鿿" for char in path.read_text("utf-8"))
    ]
    assert spoken == []


def test_every_file_that_the_page_names_is_there(client):
    """页面引用的每个文件都取得到。"""
    named = [part.split('"')[0] for part in client.get("/").text.split('="static/')[1:]]

    assert "chat/element.js" in named
    assert {name: client.get(f"/static/{name}").status_code for name in named} == dict.fromkeys(named, 200)


def test_a_sentence_with_quotes_cannot_break_out_of_the_page(client, monkeypatch):
    """话术里有引号、尖括号，也不会变成网页代码。"""
    monkeypatch.setitem(texts("pages")["chat"], "title", "'\"></script><script>alert(1)</script>")

    for path in ("/", "/widget.js"):
        assert "<script>alert" not in client.get(path).text
