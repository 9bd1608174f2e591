"""Pictures of every page of the console as it really looks, to be looked at.

    python benchmarks/console_screenshots.py FOLDER [--data DATA_DIR --password "…"]

Fills a hotline as console_at_size.py does (which takes a while; `--data` takes one that is filled), signs in
as each role, follows the links from page to page, and takes one picture of each kind of page at 1440 and at
768 px, named by role and path. Says which pages are wider than their window, and what the browser says.
"""

import argparse
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from console_at_size import PASSWORD, Visitor, hotline
from playwright.sync_api import Page, sync_playwright

from api.accounts.model import Role
from api.settings import Settings

WIDTHS = {1440: 900, 768: 1024}
ONE_OF_MANY = re.compile(r"(c_\w+|\d{8}-[\d-]+|[0-9a-f]{12,}|[\w.-]*%[\w.%-]+)")
DEEP = 2
LEFT_ALONE = ("logout", ".csv", ".xlsx", "export", "download", "oidc")


def kind_of(path: str) -> str:
    """The path without what is different from one ticket, talk or document to the next."""
    return ONE_OF_MANY.sub("ID", urlsplit(path).path)


def kinds(visitor: Visitor) -> list[str]:
    """One address of each kind of page that links lead to, from the first page on."""
    found, new = {"/console": "/console"}, ["/console"]
    for _ in range(DEEP):
        seen = [visitor.http.get(path, follow_redirects=True) for path in new]
        links = [link for page in seen for link in re.findall(r'href="(/console[^"#]*)"', page.text)]
        new = []
        for link in links:
            address = link.replace("&amp;", "&")
            if kind_of(address) not in found and not any(part in address for part in LEFT_ALONE):
                found[kind_of(address)] = address
                new.append(address)
    return list(found.values())


def picture(page: Page, address: str, path: str, name: Path) -> None:
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address + path, wait_until="load")
        page.wait_for_timeout(1_500)  # parts that the page fetches for itself, charts
        page.screenshot(path=name.with_name(f"{name.name}-{width}.png"), full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            print(f"{path} is {wide} px wide in a window of {width}")


def main() -> None:
    asked = argparse.ArgumentParser(description="Take pictures of every page of the console.")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--data", type=Path, help="a hotline filled with accounts by filled_hotline.py")
    asked.add_argument("--tickets", type=int, default=300)
    asked.add_argument("--conversations", type=int, default=100)
    asked.add_argument("--password", default=PASSWORD)
    asked.add_argument("--knowledge", type=Path, default=Settings().data_dir / "knowledge", help="an index")
    given = asked.parse_args()
    given.database = "sqlite"
    given.folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    with hotline(given) as (served, _), sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for role in Role:
            visitor = Visitor(served, role.value, given.password, browser)
            visitor.page.on("pageerror", lambda error: print("script:", error))
            visitor.page.on("console", lambda said: said.type == "error" and print("browser:", said.text))
            for path in kinds(visitor):
                if kind_of(path) not in taken:
                    taken.add(kind_of(path))
                    name = given.folder / f"{role.value}{kind_of(path).replace('/', '-')}"
                    picture(visitor.page, served.url, path, name)
        browser.close()
    print(f"{len(list(given.folder.glob('*.png')))} pictures are in {given.folder}")


if __name__ == "__main__":
    main()
