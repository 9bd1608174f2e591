"""How soon an agent sees what happens: a citizen's word, a conversation that comes into the queue.

    hotline users add zuoxi --role agent      # the hotline runs with HOTLINE_WRITES_PER_MINUTE=0 and
                                              # HOTLINE_ADDRESS_WRITES_PER_MINUTE=0
    python benchmarks/console_live.py NAME PASSWORD [http://127.0.0.1:8000] [--rounds 30]

An agent has the list open in one page and a conversation in another; the citizen talks over HTTP. Counted is
the time from before her request is sent until the words, or the row, stand in the page. Milliseconds.
"""

import argparse
import shutil
import statistics
import time
from collections.abc import Callable

import httpx
from playwright.sync_api import Page, sync_playwright


class Citizen:
    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=30)
        opened = self.http.post("/v1/conversations", json={}).raise_for_status().json()
        self.id = opened["conversation_id"]
        self.http.headers["Authorization"] = f"Bearer {opened['token']}"

    def say(self, text: str) -> None:
        self.http.post(f"/v1/conversations/{self.id}/messages", json={"text": text}).raise_for_status()

    def ask_for_person(self) -> None:
        self.http.post(f"/v1/conversations/{self.id}/handover").raise_for_status()


def until(page: Page, seen: str, happen: Callable[[], None]) -> float:
    """Seconds from before something happens until a condition of the page holds."""
    begun = time.perf_counter()
    happen()
    page.wait_for_function(seen, polling=10, timeout=15_000)
    return time.perf_counter() - begun


def main() -> None:
    asked = argparse.ArgumentParser(description="Time what reaches the pages of an agent by itself.")
    asked.add_argument("name")
    asked.add_argument("password")
    asked.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    asked.add_argument("--rounds", type=int, default=30)
    given = asked.parse_args()
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(locale="zh-CN")
        queue = context.new_page()
        queue.goto(f"{given.address}/console/login")
        queue.get_by_label("账号").fill(given.name)
        queue.get_by_label("密码").fill(given.password)
        queue.keyboard.press("Enter")
        queue.wait_for_url(lambda url: "login" not in url)
        rows, words = [], []
        citizen = Citizen(given.address)
        for _ in range(given.rounds):
            citizen = Citizen(given.address)
            row = f"() => document.getElementById('held-{citizen.id}')"
            rows.append(until(queue, row, citizen.ask_for_person))
        talk = context.new_page()
        talk.goto(f"{given.address}/console/conversations/{citizen.id}")
        talk.get_by_role("button", name="接手").click()
        talk.get_by_label("回复群众").wait_for()
        for number in range(given.rounds):
            text = f"我再补充一句，这是第{number}句"
            stands = f"() => document.body.innerText.includes('{text}')"
            words.append(until(talk, stands, lambda text=text: citizen.say(text)))
        browser.close()
    for what, taken in (("in the queue", rows), ("in the conversation", words)):
        taken = sorted(each * 1000 for each in taken)
        median, most = statistics.median(taken), taken[-1]
        print(
            f"{what:22} median {median:6.0f}   95 % {taken[int(len(taken) * 0.95)]:6.0f}   most {most:6.0f}"
        )


if __name__ == "__main__":
    main()
