"""Pictures of the citizen's page as it really looks, to be looked at.

    hotline serve                                # in another terminal; it gets real tickets
    python benchmarks/screenshots.py FOLDER [http://127.0.0.1:8000]

Each scene is taken at 360, 768 and 1440 px, on a phone also in large mode and in traditional characters, and
inside a page that means it badly (tests/e2e/hostile.html).
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.e2e.visitor import PHONE, Visitor

WIDTHS = {"360": PHONE, "768": {"width": 768, "height": 1024}, "1440": {"width": 1440, "height": 900}}
QUESTION = "低保要去哪里申请，自己走不动可以让村干部代办吗"
HOSTILE = Path(__file__).parent.parent / "tests" / "e2e" / "hostile.html"


def main(folder: Path, address: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for width, viewport in WIDTHS.items():
            talk(come(browser, address, viewport).open(), folder / width)
        large = come(browser, address, PHONE).open()
        large.page.get_by_role("button", name="大字模式").click()
        talk(large, folder / "large")
        traditional = come(browser, f"{address}/?script=hant", PHONE)
        traditional.page.goto(traditional.base_url)
        traditional.bubbles.first.wait_for()
        answer(traditional, "發送", folder / "hant")
        embedded(come(browser, address, WIDTHS["1440"]), folder / "embedded")
        embedded(come(browser, address, PHONE), folder / "embedded-360")
    print(f"{len(list(folder.glob('*.png')))} pictures are in {folder}")


def come(browser: Browser, address: str, viewport: dict[str, int]) -> Visitor:
    touch = viewport["width"] < 1000
    context = browser.new_context(viewport=viewport, is_mobile=touch, has_touch=touch, locale="zh-CN")
    return Visitor(context.new_page(), address)


def talk(visitor: Visitor, name: Path) -> None:
    """A whole visit, a picture at every station."""
    page = visitor.page
    shoot(page, name, "1-greeting")
    visitor.ask(QUESTION)
    shoot(page, name, "2-answer")
    page.locator("summary").first.click()
    page.locator("summary").first.scroll_into_view_if_needed()
    shoot(page, name, "3-article")
    page.get_by_role("button", name="没帮助").click()
    shoot(page, name, "4-opinion")
    visitor.ask("低保")
    shoot(page, name, "5-choices")
    visitor.file_request()
    page.locator(".ticket").get_by_role("button", name="复制工单号").click()
    shoot(page, name, "6-ticket")
    page.get_by_role("button", name="更多").click()
    shoot(page, name, "7-menu")
    page.get_by_role("button", name="删除我的对话").click()
    shoot(page, name, "8-question")
    page.get_by_role("button", name="先不删除").click()
    page.context.set_offline(True)
    visitor.say("我还有一件事要问")
    page.get_by_text("没发出去").wait_for()
    shoot(page, name, "9-offline")
    page.context.set_offline(False)
    visitor.wait_for(visitor.is_answered)


def answer(visitor: Visitor, send: str, name: Path) -> None:
    shoot(visitor.page, name, "1-greeting")
    visitor.box.fill(QUESTION)
    visitor.page.get_by_role("button", name=send).click()
    visitor.page.locator("summary").first.click()
    shoot(visitor.page, name, "3-article")


def embedded(visitor: Visitor, name: Path) -> None:
    portal = HOSTILE.read_text("utf-8")
    visitor.page.route("**/portal", lambda route: route.fulfill(body=portal, content_type="text/html"))
    visitor.page.goto(f"{visitor.base_url}/portal")
    visitor.page.get_by_role("button", name="救助咨询").click()
    visitor.bubbles.first.wait_for()
    answer(visitor, "发送", name)


def shoot(page: Page, name: Path, station: str) -> None:
    page.wait_for_timeout(400)
    page.screenshot(path=f"{name}-{station}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8000")
