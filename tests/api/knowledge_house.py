"""A console with an index of its own, and editors with a browser each, for tests that publish."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from api.accounts.model import Role
from api.main import create_app
from api.settings import Settings
from tests.conftest import wait_until

PASSWORD = "a long enough password"
ROOT = "/console/knowledge"


@dataclass
class Editor:
    """Somebody signed in, who fills forms in as a browser would."""

    name: str
    browser: TestClient

    def page(self, path: str = "") -> str:
        answer = self.browser.get(ROOT + path)
        assert answer.status_code == 200, answer.text[:500]
        return answer.text

    @property
    def token(self) -> str:
        return re.findall(r'name="sent" value="([^"]+)"', self.page("/drafts"))[0]

    def post(self, path: str, **data: Any) -> Response:
        return self.browser.post(ROOT + path, data={"sent": self.token, **data})

    def go(self, path: str, **data: Any) -> str:
        """Post, and give the address it leads to, below ROOT."""
        answer = self.post(path, **data)
        assert answer.status_code == 303, told(answer.text) or answer.text[:800]
        return answer.headers["location"].removeprefix(ROOT)

    def wait_for(self, job: str) -> str:
        """Wait until a job has ended; gives what its page says."""

        def ended() -> str | None:
            text = self.page(job)
            return None if "outcome-running" in text else text

        return wait_until(ended, 120)


def told(html: str) -> str:
    """What a page says was not done."""
    found = re.findall(r'<p class="problem"[^>]*>(.*?)</p>', html, re.S)
    return found[0] if found else ""


class KnowledgeHouse:
    """An api with a copy of an index, and a database of its own."""

    def __init__(self, indexed: Path, folder: Path) -> None:
        shutil.copytree(indexed / "knowledge", folder / "knowledge")
        self.settings = Settings(data_dir=folder, rasa_url=None)
        self.app = create_app(self.settings)
        self.service = self.app.state.service

    def editor(self, name: str, role: Role = Role.EDITOR) -> Editor:
        accounts = self.service.accounts
        if name not in {account.name for account in accounts.list_users()}:
            accounts.add_user(name, role, PASSWORD)
        browser = TestClient(self.app, follow_redirects=False, raise_server_exceptions=False)
        form = re.findall(r'name="form" value="([^"]+)"', browser.get("/console/login").text)[0]
        browser.post("/console/login", data={"name": name, "password": PASSWORD, "form": form})
        return Editor(name, browser)


ENTRY: dict[str, Any] = {
    "title": "收割机坏在地里怎么申请救助",
    "category": "临时救助",
    "questions": "收割机坏在地里能救助吗\n- 收割机坏了没收成找谁\n3. 收割机修不起怎么申请救助",
    "answer": "带上修理单，到乡镇政府申请临时救助。",
    "materials": "修理单\n身份证",
    "region": "430000",
    "owner": "知识组",
    "reviewed_on": "2026-11-20",
    "source_document": ["社会救助暂行办法", ""],
    "source_article": ["第四十七条", ""],
    "source_url": ["", ""],
}
