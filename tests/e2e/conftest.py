"""A real browser for the pages: the system's Chromium, a small phone or a desk."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.e2e.visitor import PHONE, Visitor

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "no Chromium on this machine: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, live_hotline: str) -> Iterator[Callable[..., Visitor]]:
    """Make visitors, each with a browser of their own; no page may ask another server for anything."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def come(**options: Any) -> Visitor:
        # A service worker would answer before the routes that the tests lay; those about it let it in.
        ours = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "service_workers": "block"}
        context = browser.new_context(**{**ours, **options})
        contexts.append(context)
        visitor = Visitor(context.new_page(), live_hotline)
        visitors.append(visitor)
        visitor.page.on("console", lambda said: said.type == "error" and visitor.complaints.append(said.text))
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitor.page.on("request", lambda request: visitor.addresses.append(request.url))
        return visitor

    yield come
    for context in contexts:
        context.close()
    foreign = [a for v in visitors for a in v.addresses if not a.startswith((live_hotline, "data:"))]
    assert foreign == [], "a page asked another server for something"


@pytest.fixture
def citizen_page(visit: Callable[..., Visitor]) -> Visitor:
    """A citizen with a small phone who has just opened the chat."""
    return visit(viewport=PHONE, has_touch=True, is_mobile=True).open()
