"""添加文件和发布：先看懂了什么再发布；恶意的文件、表单、中断，都伤不到在用的索引。"""

import io
import json
import os
import re
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.backup import make_backup, read_backup
from tests.api.knowledge_house import ENTRY, ROOT, Editor, KnowledgeHouse, told
from tests.conftest import children_of, wait_until

LAW = """# 测试县粮油救助办法

2026年1月5日 测试县人民政府令第9号公布

第一条 为了帮助困难群众，制定本办法。

第二条 打谷机被水淹的，向乡镇人民政府申请粮油救助<script>alert(1)</script>，三日内办结。

第三条 本办法自2026年2月1日起施行。
"""
NAME = "测试县粮油救助办法(2026-01-05).md"


@pytest.fixture(scope="module")
def house(indexed_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeHouse]:
    made = KnowledgeHouse(indexed_data, tmp_path_factory.mktemp("files-house"))
    with TestClient(made.app):
        yield made


@pytest.fixture(scope="module")
def writer(house: KnowledgeHouse) -> Editor:
    return house.editor("bianji-jia")


def send(writer: Editor, *files: tuple[str, bytes]) -> str:
    """Send files with the plain form; gives the page once they were read."""
    sent = [("files", (name, content)) for name, content in files]
    answer = writer.browser.post(ROOT + "/files", data={"sent": writer.token}, files=sent)
    assert answer.status_code == 303, told(answer.text)
    return read(writer, answer.headers["location"].removeprefix(ROOT))


def read(writer: Editor, path: str) -> str:
    return wait_until(lambda: None if 'hx-trigger="every 1s"' in (page := writer.page(path)) else page, 90)


def upload_of(page: str) -> str:
    return re.findall(rf"{ROOT}/files/(u[0-9a-f]+)/", page)[0]


def documents(house: KnowledgeHouse) -> set[str]:
    return {d.title for d in house.service.knowledge.curator.documents()}


def test_a_file_is_understood_before_it_is_taken_in_and_answers_afterwards(
    house: KnowledgeHouse, writer: Editor
):
    """先说清理解到什么、哪里要核对；点了发布才生效；答复里的脚本只是字。"""
    page = send(writer, (NAME, LAW.encode()), ("坏.docx", b"PK\x03\x04 broken"))
    assert "测试县粮油救助办法" in page and "认不出适用地区" in page and "不能导入" in page
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert "测试县粮油救助办法" not in documents(house)

    job = writer.go(f"/files/{upload_of(page)}/take", chosen=["0", "1"])
    done = writer.wait_for(job)

    assert "已发布。索引" in done
    found = next(d for d in house.service.knowledge.curator.documents() if d.title == "测试县粮油救助办法")
    assert found.source_file == NAME, "citations name the file, not a folder of this machine"
    shown = writer.page(f"/document?id={found.doc_id}")
    assert "<script>alert" not in shown and "本单位添加" in writer.page("?find=测试县粮油")
    house.service.knowledge.refresh()
    hits = house.service.knowledge.search("打谷机被水淹了能申请粮油救助吗")
    assert "测试县粮油救助办法" in {hit.citation.title for hit in hits}


def test_a_file_comes_in_pieces_of_any_size(writer: Editor):
    headers = {"X-Form-Token": writer.token, "Content-Type": "application/octet-stream"}
    post = lambda path, body=b"": writer.browser.post(ROOT + path, content=body, headers=headers)  # noqa: E731
    upload = post("/files/open").json()["id"]
    raw = LAW.encode() + b" " * 700_000
    for at in range(0, len(raw), 300_000):
        put = post(f"/files/{upload}/piece?number=0&name=甲.md&at={at}", raw[at : at + 300_000])
        assert put.status_code == 200, put.text
    gap = post(f"/files/{upload}/piece?number=0&name=甲.md&at=9000000", b"x")

    assert gap.status_code == 409 and "缺了一段" in gap.json()["problem"]
    page = read(writer, post(f"/files/{upload}/read").json()["page"].removeprefix(ROOT))
    assert "测试县粮油救助办法" in page
    late = post(f"/files/{upload}/piece?number=0&name=甲.md&at=0", b"x")
    assert late.status_code == 404, "what was read is not exchanged afterwards"


def bomb() -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.txt", b"0" * (49 * 1024 * 1024))
        made.writestr("b.txt", b"0" * (49 * 1024 * 1024))
    return raw.getvalue()


def climbing() -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as made:
        made.writestr("../../../../tmp/climbed.md", LAW)
    return raw.getvalue()


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("bomb.zip", bomb(), "不正常"),
        ("x.pdf", b"%PDF-1.7 no more", "不能导入"),
        ("x.exe", b"MZ\x90\x00" + b"\x00" * 300, "不能导入"),
        ("empty.txt", b"", "文件是空的"),
        ("<img src=x onerror=alert(1)>.md", b"no law", "不能导入"),
    ],
)
def test_hostile_files_are_refused_with_a_sentence_and_nothing_is_taken_in(
    house: KnowledgeHouse, writer: Editor, name: str, raw: bytes, says: str
):
    before = documents(house)

    page = send(writer, (name, raw))

    assert says in page and "<img src" not in page
    assert "没有可以导入的文件" in page
    assert documents(house) == before


def test_an_archive_that_climbs_out_of_its_folder_writes_nothing_there(writer: Editor):
    page = send(writer, ("climb.zip", climbing()))

    assert not Path("/tmp/climbed.md").exists()
    assert "climb.zip" in page


def test_without_files_or_choice_it_says_what_to_do(writer: Editor):
    none = writer.post("/files")
    page = send(writer, (NAME, LAW.encode()))
    unchosen = writer.post(f"/files/{upload_of(page)}/take")

    assert none.status_code == 409 and "请先选择文件" in told(none.text)
    assert unchosen.status_code == 409
    writer.go(f"/files/{upload_of(page)}/discard")
    assert writer.browser.get(f"{ROOT}/files/{upload_of(page)}").status_code == 404


POSTS = (
    "/publish", "/rollback", "/drafts", "/document/correct", "/document/take-out", "/document/bring-back",
    "/files", "/files/open", "/files/u00000000000000000000000000000000/read", "/unanswered/draft",
)  # fmt: skip


@pytest.mark.parametrize("path", POSTS)
def test_a_form_of_another_site_changes_nothing(house: KnowledgeHouse, writer: Editor, path: str):
    before = house.service.editing.drafts.latest(), len(house.service.editing.jobs.latest())
    loaded = next(iter(house.service.knowledge.curator.documents())).doc_id

    for token in ("", "x" * 64):
        assert writer.browser.post(ROOT + path, data={"sent": token, "id": loaded}).status_code == 403

    assert (house.service.editing.drafts.latest(), len(house.service.editing.jobs.latest())) == before


def test_forms_of_a_draft_from_another_site_change_nothing(house: KnowledgeHouse, writer: Editor):
    draft = writer.go("/drafts")
    kept = house.service.editing.drafts.find(draft.rpartition("/")[2])

    for end in ("", "/submit", "/approve", "/send-back", "/discard", "/sources", "/try"):
        answer = writer.browser.post(ROOT + draft + end, data={**ENTRY, "sent": "x", "version": 1})
        assert answer.status_code in (403, 409), end

    assert house.service.editing.drafts.find(kept.id) == kept


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def test_what_an_editor_writes_is_only_ever_text(house: KnowledgeHouse, writer: Editor):
    draft = writer.go("/drafts")
    typed = {**ENTRY, "title": HOSTILE[:60], "questions": HOSTILE, "answer": HOSTILE, "where": HOSTILE}
    typed |= {
        "source_document": [HOSTILE],
        "source_article": [HOSTILE],
        "source_url": ["javascript:alert(3)"],
    }
    writer.go(draft, **typed, version=1)

    refused = writer.post(f"{draft}/submit", **typed, version=2)

    assert refused.status_code == 409
    for page in (writer.page(draft), writer.page("/drafts"), refused.text):
        assert "<script>alert" not in page and "<img src=x" not in page
        assert 'href="javascript' not in page


def test_a_source_that_is_a_script_never_gets_through(house: KnowledgeHouse, writer: Editor):
    """依据的网址只能是 http(s)：群众页面会把它做成链接。"""
    draft = writer.go("/drafts")
    two = {"source_document": ["社会救助暂行办法", "某办法"], "source_article": ["第四十七条", "第一条"]}
    typed = {**ENTRY, **two, "source_url": ["", "javascript:alert(3)"]}
    writer.go(draft, **typed, version=1)

    refused = writer.post(f"{draft}/submit", **typed, version=2)

    assert refused.status_code == 409 and "格式不对" in told(refused.text)


def test_control_characters_and_oversized_texts_are_not_kept(house: KnowledgeHouse, writer: Editor):
    draft = writer.go("/drafts")
    writer.go(draft, **{**ENTRY, "answer": "一\x00二\u202e三\x1b[2J"}, version=1)
    kept = house.service.editing.drafts.find(draft.rpartition("/")[2])
    huge = writer.post(draft, **{**ENTRY, "answer": "长" * 70_000}, version=2)
    larger = writer.post(draft, **{**ENTRY, "answer": "长" * 900_000}, version=2)

    assert kept.content["answer"] == "一二三[2J"
    assert huge.status_code == 409 and "太长" in told(huge.text)
    assert larger.status_code == 413


@pytest.mark.parametrize(
    "path", ["/jobs/../../../etc", "/jobs/%2e%2e", "/files/%2e%2e%2fjobs", "/drafts/%27--"]
)
def test_addresses_that_are_made_up_find_nothing(writer: Editor, path: str):
    assert writer.browser.get(ROOT + path).status_code == 404


def test_a_publishing_that_is_killed_changes_nothing_and_says_so(house: KnowledgeHouse, writer: Editor):
    """发布到一半被杀：在用的索引不变，页面说中断了，再发布就好。"""
    before = house.service.knowledge.curator.generation
    job = writer.go("/publish")
    known = house.service.editing.jobs

    def running() -> int | None:
        found = [pid for pid, line in children_of(os.getpid()) if "api.editing.worker" in line]
        return found[0] if found else None

    os.kill(wait_until(running), signal.SIGKILL)
    page = writer.wait_for(job)

    assert "中断了" in page and "来电人不受影响" in page
    assert house.service.knowledge.curator.generation == before
    again = writer.wait_for(writer.go("/publish"))
    assert "已发布。索引" in again
    assert {j.outcome for j in known.latest(("publish",))} >= {"killed", "done"}
    assert not list((house.settings.data_dir / "knowledge" / "index").glob(".draft-*")), "no rests are left"


def test_callers_are_answered_all_the_time_that_is_being_published(house: KnowledgeHouse, writer: Editor):
    """发布和退回期间，一直有人在问：没有一个问题落空。"""
    outcomes: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            outcomes.append(house.service.knowledge.answer("低保要去哪里申请").outcome)
            time.sleep(0.02)

    caller = threading.Thread(target=ask)
    caller.start()
    before = house.service.knowledge.curator.generation
    writer.wait_for(writer.go("/publish"))
    writer.go("/rollback", generation=before, reason="试试")
    time.sleep(1)
    stop.set()
    caller.join()

    assert len(outcomes) > 50 and set(outcomes) == {"answered"}


def test_a_generation_that_is_made_up_is_not_gone_back_to(house: KnowledgeHouse, writer: Editor):
    before = house.service.knowledge.curator.generation

    for name in ("../documents", "20200101T000000000000-abcd", ".work", ""):
        refused = writer.post("/rollback", generation=name, reason="x")
        assert refused.status_code == 409 or name == "", name

    assert name == "" or house.service.knowledge.curator.generation == before


def test_own_entries_and_documents_are_in_a_backup_and_what_is_temporary_is_not(
    house: KnowledgeHouse, writer: Editor, tmp_path: Path
):
    curator = house.service.knowledge.curator
    entry = curator.entries.all()[3].entry
    curator.entries.apply(put=[entry])

    make_backup(house.settings, tmp_path / "backup.tar")
    manifest = read_backup(tmp_path / "backup.tar", tmp_path / "read")

    digest = curator.entries.named()[entry.id]
    assert f"data/knowledge/entries/{digest}.json" in manifest.files
    catalogue = json.loads((tmp_path / "read/data/knowledge/catalogue.json").read_text())
    assert catalogue["entries"][entry.id] == digest
    assert not [name for name in manifest.files if ".work" in name]
