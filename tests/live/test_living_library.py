"""导入、更正、下架、退回：运行中的热线自己跟上，不用重启，一次提问也不失败。"""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import LiveHotline, wait_until

TITLE = "星沙街道越冬炭火互助办法"
DOC = f"{TITLE}@2026-11-01"
LAW = f"""# {TITLE}

2026年11月1日 星沙街道办事处公布

<!-- INFO END -->

第一条 为了让困难家庭暖和过冬，制定本办法。

第二条 需要越冬炭火互助的家庭，到炭火互助站登记，三日内送到。

第三条 本办法自2026年11月2日起施行。
"""


@pytest.fixture
def callers(hotline: LiveHotline) -> Iterator[list[int]]:
    """People who keep asking all the while; gives the status codes they got."""
    codes: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            asked = {"question": "低保怎么申请"}
            codes.append(httpx.post(f"{hotline.base_url}/v1/answers", json=asked, timeout=30).status_code)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    yield codes
    done.set()
    for thread in threads:
        thread.join()


def test_callers_see_each_change_and_no_question_fails(
    hotline: LiveHotline, callers: list[int], tmp_path: Path
):
    def answer() -> str:
        asked = {"question": f"{TITLE}第二条"}
        return httpx.post(f"{hotline.base_url}/v1/answers", json=asked, timeout=30).json()["answer"]

    path = tmp_path / f"{TITLE}(2026-11-01).md"
    path.write_text(LAW, "utf-8")

    hotline.command("knowledge", "add", str(path))
    wait_until(lambda: "三日内送到" in answer(), 20)

    hotline.command("knowledge", "edit", DOC, "--effective-from", "2026-11-20", "--reason", "核对")
    wait_until(lambda: "自2026年11月20日起施行" in answer(), 20)

    hotline.command("knowledge", "remove", DOC, "--no-build")
    wait_until(lambda: "炭火互助站" not in answer(), 20)

    hotline.command("knowledge", "rollback")
    wait_until(lambda: "炭火互助站" in answer(), 20)
    assert "自2026年11月2日起施行" in answer()

    hotline.command("knowledge", "remove", DOC)
    wait_until(lambda: "炭火互助站" not in answer(), 20)
    assert callers
    assert set(callers) == {200}
