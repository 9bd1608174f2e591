"""Somebody in front of a page of the hotline."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import Locator, Page

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
PASSWORD = "a long enough password"
REQUEST = [
    "我要登记求助",
    "我娘去年摔断了腿，走路要人扶，家里没钱看病",
    "湖南省长沙市浏阳市大瑶镇",
    "替我妈妈登记",
    "13812345678",
]


def sign_in(page: Page, base_url: str, name: str) -> None:
    """Go in at the console's door, as somebody whose password is PASSWORD."""
    page.goto(f"{base_url}/console/login")
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: "login" not in url)


@dataclass
class Visitor:
    """One page in a browser of its own; remembers what the browser complained about and whom it asked."""

    page: Page
    base_url: str
    complaints: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def open(self) -> "Visitor":
        self.page.goto(self.base_url)
        self.page.get_by_text("您好").first.wait_for()
        return self

    @property
    def box(self) -> Locator:
        return self.page.locator("#words")

    @property
    def bubbles(self) -> Locator:
        return self.page.locator(".message")

    def say(self, text: str) -> None:
        self.box.fill(text)
        self.page.get_by_role("button", name="发送").click()

    def ask(self, text: str) -> Locator:
        """Say something and wait for what answers it; returns the last bubble."""
        before = self.stored()
        self.say(text)
        self.wait_for(lambda: len(self.stored()) >= len(before) + 2)
        self.page.locator(".busy").wait_for(state="detached")
        return self.bubbles.last

    def file_request(self, matter: str = REQUEST[1], phone: str = REQUEST[-1]) -> str:
        """Ask for help until the ticket's card is there; returns its number."""
        for text in (REQUEST[0], matter, *REQUEST[2:-1], phone):
            self.ask(text)
        self.page.get_by_role("button", name="确认", exact=True).click()
        return self.page.locator(".ticket .digits").inner_text()

    def from_menu(self, entry: str) -> None:
        self.page.get_by_role("button", name="更多").click()
        self.page.locator(".menu").get_by_text(entry, exact=True).click()

    def texts(self) -> list[str]:
        return self.page.locator(".message .text").all_inner_texts()

    def key(self) -> Any:
        """The conversation's id and token, as the page keeps them; None when it has none."""
        return json.loads(self.page.evaluate("localStorage.getItem('hotline.conversation')") or "null")

    def stored(self) -> list[dict[str, Any]]:
        """What the hotline has of this conversation."""
        key = self.key()
        address = f"{self.base_url}/v1/conversations/{key['id']}/messages"
        read = httpx.get(address, headers={"Authorization": f"Bearer {key['token']}"})
        return read.raise_for_status().json()["messages"]

    def stored_texts(self) -> list[str]:
        return [message["text"] for message in self.stored()]

    def stored_words(self) -> list[str]:
        """The citizen's own words, as the hotline has them."""
        return [message["text"] for message in self.stored() if message["role"] == "citizen"]

    def is_answered(self) -> bool:
        """The hotline had the last word, and the page shows exactly what the hotline has."""
        stored = self.stored()
        return stored[-1]["role"] != "citizen" and self.texts() == [message["text"] for message in stored]

    def wait_for(self, what: Callable[[], bool], seconds: float = 30) -> None:
        for _ in range(int(seconds / 0.1)):
            if what():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"not within {seconds} s; the page shows {self.texts()}")
