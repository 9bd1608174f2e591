"""What ten calls cost an agent in phone mode: keys beyond the caller's words, clicks, and the machine's time.

    hotline users add zuoxi --password …           # an agent; the hotline is running
    python benchmarks/phone_calls.py NAME PASSWORD [http://127.0.0.1:8000]

The words of the callers (data/phone_calls.zh.yml) are typed into a real browser. What the form then has wrong
is put right by keyboard, and every key is counted. `empty form` is what the same tickets would cost without
any filling: the right values typed, one Tab between two fields. Beforehand a ticket is filed for the caller
who asks how far hers is.
"""

import shutil
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Page, sync_playwright

CALLS = Path(__file__).parent / "data" / "phone_calls.zh.yml"
FIELDS = ("category", "urgency", "summary", "place", "phone", "name", "relation", "anonymous")
PAUSE_MS = 600
MOST_TABS = 40


@dataclass
class Cost:
    """One call: keys beyond its words, and seconds from the last key to the filled form and to the ticket."""

    title: str
    keys: int = 0
    form_seconds: float = 0.0
    filed_seconds: float = 0.0
    corrected: list[str] = field(default_factory=list)
    empty_form: int = 0
    ended: str = ""


class Agent:
    """Somebody at the keyboard; counts every key that is no word of the caller."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.keys = page, address, 0

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def sign_in(self, name: str, password: str) -> None:
        self.page.goto(f"{self.address}/console")
        self.page.locator("input[name=name]").fill(name)
        self.page.locator("input[name=password]").fill(password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/console")

    def take(self, call: dict[str, Any], ticket: str) -> Cost:
        """Take one call from its first word to its end."""
        cost, page = Cost(call["title"]), self.page
        self.keys = 0
        words = "\n".join(map(str, call["said"])).replace("{TICKET}", ticket)
        with page.expect_response("**/console/phone/k_*"):
            page.keyboard.type(words)
            began = time.perf_counter()
        self._settled()
        cost.form_seconds = time.perf_counter() - began - PAUSE_MS / 1000
        if call["ends"] == "ticket":
            self._put_right(call["right"], cost)
            began = time.perf_counter()
            self.press("Control+Enter")
            page.locator("#reading[open]").wait_for()
            self.press("Control+Enter")
            page.locator("#filed-number").wait_for()
            cost.filed_seconds = time.perf_counter() - began
            cost.empty_form = sum(len(_first(value)) + 1 for value in call["right"].values()) + 1
            cost.ended = "".join(page.locator("#filed-number").inner_text().split())
        elif call["ends"] == "progress":
            cost.ended = page.locator("#found .number").first.inner_text()
            cost.empty_form = len(ticket) + 2
            self._end()
        else:
            self._end()
        page.locator("#new-call:focus").wait_for()
        self.press("Enter")
        page.locator("#words:focus").wait_for()
        cost.keys = self.keys
        return cost

    def _end(self) -> None:
        self.press("Alt+E")

    def _settled(self) -> None:
        """Wait until what was typed is saved and nothing more is on its way."""
        self.page.wait_for_function("() => /\\d:\\d/.test(document.getElementById('saved').textContent)")

    def _put_right(self, right: dict[str, Any], cost: Cost) -> None:
        for name in FIELDS:
            accepted = right.get(name)
            if accepted is None:
                continue
            accepted = accepted if isinstance(accepted, list) else [accepted]
            if self._value(name) in accepted:
                continue
            cost.corrected.append(name)
            self._go_to(name)
            self._enter(name, accepted[0])

    def _value(self, name: str) -> str:
        box = self.page.locator(f"#sheet [name={name}]")
        if name == "anonymous":
            return "1" if box.is_checked() else ""
        return box.input_value()

    def _go_to(self, name: str) -> None:
        if self.page.locator(f"[data-field={name}].in-doubt").count():
            for _ in range(len(FIELDS)):
                self.press("Alt+J")
                if self._focused() == name:
                    return
        for _ in range(MOST_TABS):
            if self._focused() == name:
                return
            self.press("Tab")

    def _focused(self) -> str:
        return self.page.evaluate("document.activeElement.name || ''")

    def _enter(self, name: str, value: str) -> None:
        box = self.page.locator(f"#sheet [name={name}]")
        if name == "anonymous":
            return self.press("Space")
        if box.evaluate("e => e.tagName") == "SELECT":
            steps = box.evaluate(
                "(e, v) => [...e.options].findIndex(o => o.value === v) - e.selectedIndex", value
            )
            for _ in range(abs(steps)):
                self.press("ArrowDown" if steps > 0 else "ArrowUp")
            return None
        self.press("Control+a")
        self.keys += len(value)
        self.page.keyboard.type(value)
        return None


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)


def main(name: str, password: str, address: str) -> None:
    calls = yaml.safe_load(CALLS.read_text("utf-8"))
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        agent = Agent(context.new_page(), address)
        agent.sign_in(name, password)
        agent.page.goto(f"{address}/console/phone?new=1")
        first = agent.take(calls[0] | {"title": "(before)"}, "")
        costs = [agent.take(call, first.ended) for call in calls]
        browser.close()
    for cost in costs:
        print(
            f"{cost.title:10}  keys {cost.keys:3}  (empty form {cost.empty_form:3})  "
            f"form {cost.form_seconds:5.2f} s  filed {cost.filed_seconds:5.2f} s  "
            f"put right {', '.join(cost.corrected) or '-'}  {cost.ended}"
        )
    filed = [cost for cost in costs if cost.filed_seconds]
    print(
        f"keys {sum(c.keys for c in costs)} (empty form {sum(c.empty_form for c in costs)}), clicks 0, "
        f"form p50 {statistics.median(c.form_seconds for c in costs):.2f} s, "
        f"filed p50 {statistics.median(c.filed_seconds for c in filed):.2f} s"
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8000")
