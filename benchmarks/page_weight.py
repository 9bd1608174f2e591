"""What the citizen's page costs on a slow line, beside two well-known chat widgets, in one run.

    hotline serve                                             # in another terminal
    python benchmarks/page_weight.py http://127.0.0.1:8000

Each page is opened in a fresh Chromium on a phone's screen behind a line of 400 kbit/s with 400 ms of delay,
in turn, ROUNDS times; the table gives medians. The widgets (rasa-webchat, deep-chat) come from npm into a
temporary folder and are served the way the hotline serves its own files, gzip level 5. They get a page with
nothing else on it, and need no server until something is said; rasa-webchat is opened by a tap as soon as its
button is there. Both ask Google for a font, which is not counted and not reached on an office network.

kB        over the wire, headers included, until the page is quiet; failed requests are not counted
useful    ours: the emergency numbers are there; the widgets': the box to write in, they show nothing else
writable  the box to write in is there
"""

import contextlib
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

ROUNDS = 5
LINE = {
    "offline": False,
    "latency": 400,  # milliseconds
    "downloadThroughput": 400_000 / 8,  # bytes a second
    "uploadThroughput": 400_000 / 8,
}
PHONE = {"width": 360, "height": 740}
PATIENCE_S = 90
# Quiet is: nothing more came for so long.
QUIET_MS = 3_000
WIDGETS = {"rasa-webchat": "1.0.1", "deep-chat": "2.4.2"}
PAGES = {
    "rasa-webchat": """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
        <script src="/node_modules/rasa-webchat/lib/index.js"></script>
        <script>
          WebChat.default({ socketUrl: location.origin, title: 'chat', connectOn: 'open', withRules: false,
            hideWhenNotConnected: false }, null);
          const tapped = setInterval(() => {
            const launcher = document.querySelector('.rw-launcher');
            if (launcher) { launcher.click(); clearInterval(tapped); }
          }, 20);
        </script>""",
    "deep-chat": """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
        <script type="module" src="/node_modules/deep-chat/dist/deepChat.bundle.js"></script>
        <deep-chat connect='{"url": "/chat"}' style="width: 100%; height: 90vh"></deep-chat>""",
}
# What has to be seen, in the page or in any shadow of it.
USEFUL = {"ours": 'a[href="tel:110"]', "rasa-webchat": ".rw-new-message", "deep-chat": "#text-input"}
WRITABLE = {**USEFUL, "ours": "#words"}
WATCH = """
    window.seen = {};
    const wanted = %s;
    const all = (selector, root) => {
      const here = root.querySelector(selector);
      if (here) return here;
      for (const one of root.querySelectorAll('*')) {
        const inside = one.shadowRoot && all(selector, one.shadowRoot);
        if (inside) return inside;
      }
      return null;
    };
    const look = () => {
      for (const name of Object.keys(wanted)) {
        const there = !(name in window.seen) && all(wanted[name], document);
        if (there && there.getBoundingClientRect().height > 0) window.seen[name] = performance.now();
      }
      if (Object.keys(window.seen).length < Object.keys(wanted).length) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
"""


def main(hotline: str) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        fetch_widgets(Path(folder))
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        with served(Path(folder)) as widgets:
            addresses = {"ours": hotline, **{name: f"{widgets}/{name}.html" for name in WIDGETS}}
            rounds: dict[str, list[dict[str, float]]] = {name: [] for name in addresses}
            for _ in range(ROUNDS):
                for name, address in addresses.items():
                    rounds[name].append(opened(browser, name, address))
        show(rounds)


def fetch_widgets(folder: Path) -> None:
    wanted = [f"{name}@{version}" for name, version in WIDGETS.items()]
    quietly = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"]
    subprocess.run(["npm", "install", *quietly, *wanted], cwd=folder, check=True)
    for name, page in PAGES.items():
        (folder / f"{name}.html").write_text(page, "utf-8")


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder over HTTP, compressed like the hotline's own files; gives the address."""
    compressed = [Middleware(GZipMiddleware, minimum_size=800, compresslevel=5)]
    app = Starlette(middleware=compressed)
    app.mount("/", StaticFiles(directory=folder))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def opened(browser: Browser, name: str, address: str) -> dict[str, float]:
    """Open one page on the slow line, in a browser that knows nothing yet."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True, service_workers="block")
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", LINE)
    weight = {"bytes": 0.0, "requests": 0.0}

    failed = set()

    def answered(event: dict[str, Any]) -> None:
        if event["response"]["status"] >= 400:
            failed.add(event["requestId"])

    def arrived(event: dict[str, Any]) -> None:
        if event["requestId"] not in failed:
            weight["bytes"] += event["encodedDataLength"]
            weight["requests"] += 1

    line.on("Network.responseReceived", answered)
    line.on("Network.loadingFinished", arrived)
    page.add_init_script(WATCH % json.dumps({"useful": USEFUL[name], "writable": WRITABLE[name]}))
    page.goto(address, wait_until="commit", timeout=PATIENCE_S * 1000)
    deadline = time.monotonic() + PATIENCE_S
    while len(seen := page.evaluate("window.seen")) < 2:
        if time.monotonic() > deadline:
            raise SystemExit(f"{name}: within {PATIENCE_S} s only {seen} was seen at {address}")
        page.wait_for_timeout(100)
    quiet = -1.0
    while quiet != weight["bytes"]:
        quiet = weight["bytes"]
        page.wait_for_timeout(QUIET_MS)
    context.close()
    return {**weight, **seen}


def show(rounds: dict[str, list[dict[str, float]]]) -> None:
    table = Table("page", "kB", "requests", "useful s", "writable s")
    for name, measured in rounds.items():
        middle = {what: statistics.median(one[what] for one in measured) for what in measured[0]}
        label = name if name == "ours" else f"{name} {WIDGETS[name]}"
        times = (f"{middle[what] / 1000:.2f}" for what in ("useful", "writable"))
        table.add_row(label, f"{middle['bytes'] / 1000:.1f}", f"{middle['requests']:.0f}", *times)
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") + "/")
