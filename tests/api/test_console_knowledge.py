"""工作台“知识库”：看文件、更正、上下架、写条目、试答、两人审核、发布、退回、没答上的问题。"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from tests.api.knowledge_house import ENTRY, ROOT, Editor, KnowledgeHouse, told

QUESTION = "收割机坏在地里能救助吗"


@pytest.fixture(scope="module")
def house(indexed_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeHouse]:
    made = KnowledgeHouse(indexed_data, tmp_path_factory.mktemp("knowledge-house"))
    with TestClient(made.app):
        yield made


@pytest.fixture(scope="module")
def writer(house: KnowledgeHouse) -> Editor:
    return house.editor("bianji-jia")


@pytest.fixture(scope="module")
def second(house: KnowledgeHouse) -> Editor:
    return house.editor("bianji-yi")


def drafted(writer: Editor, **changes) -> str:
    """The address of a new draft that holds ENTRY."""
    draft = writer.go("/drafts")
    writer.go(draft, **ENTRY, version=1, **changes)
    return draft


def published(writer: Editor, second: Editor, draft: str) -> str:
    """What the page of the publishing says at its end."""
    writer.go(f"{draft}/submit", **ENTRY, version=2)
    second.go(f"{draft}/approve", version=2)
    return writer.wait_for(writer.go("/publish"))


def doc_of(page: str, title: str) -> str:
    found = re.search(rf'document\?id=([^"]+)">{title}</a>', page)
    assert found, title
    return found.group(1)


def test_documents_are_found_and_say_in_words_how_they_stand(writer: Editor):
    """找得到文件；状态有颜色也有字。"""
    page = writer.page("?find=社会救助暂行办法")

    assert "社会救助暂行办法" in page and "找到 1 个" in page
    assert re.search(r'class="badge status status-\w+">(现行|已修订)', page)
    assert "没有符合条件" in writer.page("?find=没有这样的文件")
    assert "找到 0 个" in writer.page("?status=草案")


def test_a_document_shows_what_was_understood_and_its_articles(writer: Editor):
    page = writer.page("/document?id=" + doc_of(writer.page("?find=社会救助暂行办法"), "社会救助暂行办法"))

    assert "第四十七条" in page and "国务院" in page and "依据它的知识条目" in page
    assert writer.browser.get(ROOT + "/document", params={"id": "../../etc/passwd"}).status_code == 404


def test_a_correction_needs_a_reason_is_kept_with_it_and_can_be_taken_back(writer: Editor):
    doc = doc_of(writer.page("?find=殡葬管理条例"), "殡葬管理条例")
    sent = {"id": unquote(doc)}
    refused = writer.post("/document/correct", **sent, field="issuer", value="国务院办公厅", reason=" ")
    wrong = writer.post("/document/correct", **sent, field="region", value="湖南", reason="核对")

    page = writer.page(
        writer.go("/document/correct", **sent, field="issuer", value="某局<b>", reason="公报核对")
    )

    assert refused.status_code == 409 and "请写明原因" in told(refused.text)
    assert 'value="国务院办公厅"' in refused.text, "what was typed is still there"
    assert wrong.status_code == 409 and "更正的内容不对" in told(wrong.text)
    assert "某局&lt;b&gt;" in page and "某局<b>" not in page
    assert "公报核对" in page and "bianji-jia" in page
    assert "有改动还没有发布" in page
    back = writer.page(writer.go("/document/correct", **sent, field="issuer", back="true", reason="误会"))
    assert "没有更正过" in back


def test_a_document_taken_out_answers_no_more_at_once_and_comes_back(house: KnowledgeHouse, writer: Editor):
    sent = {
        "id": next(d.doc_id for d in house.service.knowledge.curator.documents() if d.title == "殡葬管理条例")
    }
    assert writer.post("/document/take-out", **sent).status_code == 409

    writer.go("/document/take-out", **sent, reason="有新文件")
    house.service.knowledge.refresh()

    assert sent["id"] in unescape(writer.page()) and "已下架的文件" in writer.page()
    hits = house.service.knowledge.search("殡葬管理条例第四条", k=30)
    assert sent["id"] not in {hit.citation.doc_id for hit in hits}
    writer.go("/document/bring-back", **sent)
    assert "已下架的文件" not in writer.page()


def test_an_entry_is_written_tried_approved_by_another_published_and_answers(
    house: KnowledgeHouse, writer: Editor, second: Editor
):
    """从起草到回答：试答看得到，来电人听不到；本人不能审核；发布后同样的问题就答上了；还能退回。"""
    knowledge = house.service.knowledge
    before = knowledge.generation
    draft = drafted(writer)
    tried = writer.post(f"{draft}/try", questions=QUESTION).text
    assert "用的是这一稿" in tried and "修理单" in tried
    assert not str(knowledge.answer(QUESTION).entry_id).startswith("own-")
    writer.go(f"{draft}/submit", **ENTRY, version=2)
    refused = writer.post(f"{draft}/approve", version=2)
    assert refused.status_code == 409 and "不能审核自己的稿" in told(refused.text)
    assert "审核通过" not in writer.page(draft).split("历史")[0]
    assert "可由我审核" in second.page("/drafts")

    second.go(f"{draft}/approve", version=2)
    page = writer.wait_for(writer.go("/publish"))
    knowledge.refresh()

    assert "已发布。索引" in page
    answer = knowledge.answer(QUESTION)
    assert "修理单" in answer.text and str(answer.entry_id).startswith("own-")
    shown = writer.page(draft)
    assert "已发布" in shown and "现在就用这一稿回答" in shown
    assert "bianji-yi" in shown and "审核通过" in shown
    assert f"条目 {ENTRY['title']} (bianji-jia)" in writer.page("/generations")
    assert writer.post("/rollback", generation=before).status_code == 409, "needs a reason"
    writer.go("/rollback", generation=before, reason="先退回")
    knowledge.refresh()
    assert not str(knowledge.answer(QUESTION).entry_id).startswith("own-")
    assert "现在用的不是这一稿" in writer.page(draft)
    assert "先退回" in writer.page("/generations")


def test_what_is_not_fit_is_not_submitted_and_says_what_to_mend(writer: Editor):
    draft = writer.go("/drafts")
    bad = {**ENTRY, "source_article": ["第九百条", ""], "reviewed_on": "2999-01-01", "answer": ""}

    refused = writer.post(f"{draft}/submit", **bad, version=1)

    assert refused.status_code == 409
    for part in ("没有这一条", "至少要有一条现行有效的依据", "审核日期不能在今天以后", "请填写答复"):
        assert part in told(refused.text)
    assert "收割机坏了没收成找谁" in refused.text
    version = re.findall(r'name="version" value="(\d+)"', refused.text)[0]
    writer.go(f"{draft}/submit", **ENTRY, version=version)


def test_a_source_that_is_no_longer_in_force_is_told_as_such(writer: Editor):
    """引用失效的条文：当场说明，提交不了。"""
    draft = drafted(writer)
    old = {**ENTRY, "source_document": ["城市居民最低生活保障条例"], "source_article": ["第二条"]}

    page = writer.post(f"{draft}/sources", **old, version=2).text

    assert "check-" in page
    found = writer.post(f"{draft}/sources", **ENTRY, version=2, find="临时救助 申请").text
    pick = unescape(re.findall(r'name="pick" value="([^"]+)"', found)[0])
    picked = writer.post(f"{draft}/sources", **ENTRY, version=2, pick=pick).text
    assert picked.count("check-in_force") == 2
    assert "收割机坏了没收成找谁" in picked, "nothing typed is lost"
    dropped = writer.post(f"{draft}/sources", **ENTRY, version=2, leave_out="0").text
    assert "check-in_force" not in dropped


def test_two_who_write_at_once_lose_no_word(writer: Editor, second: Editor):
    """两人同时改：后存的被告知是谁先改了，自己写的还在页面上。"""
    draft = drafted(writer)
    second.go(draft, **{**ENTRY, "title": "乙的标题"}, version=2)

    late = writer.post(draft, **{**ENTRY, "title": "甲的标题"}, version=2)

    assert late.status_code == 409 and "bianji-yi 已经改过" in told(late.text)
    assert "甲的标题" in late.text
    assert "乙的标题" in writer.page(draft)


def test_a_shipped_entry_is_rewritten_or_switched_off_with_the_same_care(
    house: KnowledgeHouse, writer: Editor, second: Editor
):
    entry = house.service.knowledge.curator.entries.all()[0]
    draft = writer.go(f"/entries/{entry.id}/draft")
    assert entry.entry.title in writer.page(draft)
    again = second.post(f"/entries/{entry.id}/off", reason="重复")
    assert again.status_code == 409 and "已经有一份草稿" in told(again.text)
    writer.go(f"{draft}/discard", version=1)

    off = writer.go(f"/entries/{entry.id}/off", reason="重复")
    writer.go(f"{off}/submit", version=1)
    assert writer.post(f"{off}/approve", version=1).status_code == 409
    second.go(f"{off}/approve", version=1)
    writer.wait_for(writer.go("/publish"))

    assert "已停用" in writer.page(f"/entries/{entry.id}")
    assert entry.id not in {e.id for e in house.service.knowledge.curator.library().entries}


def test_what_was_asked_in_vain_becomes_a_draft_and_then_has_an_answer(
    house: KnowledgeHouse, writer: Editor, second: Editor
):
    """没答上的问题归成组、遮好；写成条目发布以后，这一组显示“现在能答”。"""
    words = "我叫张三丰电话13900001234，联合收割机陷在水田里拖不出来咋办"
    for _ in range(3):
        house.service.unanswered.keep(words, "no_evidence", "430000")
    listed = writer.page("/unanswered?listed=true")
    assert "13900001234" not in listed and "3 次" in listed and "还没有答案" in listed
    wording = unescape(re.findall(r'name="wording" value="([^"]*收割机[^"]*)"', listed)[0])

    draft = writer.go("/unanswered/draft", wording=wording)
    assert "联合收割机陷在水田里" in writer.page(draft) and "群众是这样问的" in writer.page(draft)
    assert "已在起草" in writer.page("/unanswered?listed=true")
    asked = "联合收割机陷在水田里拖不出来咋办\n收割机陷在水田里找谁\n收割机陷住了怎么办"
    own = {**ENTRY, "title": "联合收割机陷在水田里怎么办", "questions": asked}
    writer.go(draft, **own, version=1)
    writer.go(f"{draft}/submit", **own, version=2)
    second.go(f"{draft}/approve", version=2)
    writer.wait_for(writer.go("/publish"))
    house.service.knowledge.refresh()

    listed = writer.page("/unanswered?listed=true")
    assert re.search(r"收割机.*?现在能答", listed, re.S)
    assert house.service.editing.drafts.find(draft.rpartition("/")[2]).hint is None


@pytest.mark.parametrize("role", [Role.AGENT, Role.DISPATCHER, Role.AUDITOR])
def test_who_may_not_edit_sees_no_page_and_changes_nothing(house: KnowledgeHouse, writer: Editor, role: Role):
    stranger = house.editor(f"stranger-{role}", role)
    draft = drafted(writer)

    for path in ("", "/files", "/entries", "/drafts", draft, "/unanswered", "/generations"):
        assert stranger.browser.get(ROOT + path).status_code == 403, path
    for path in (draft, f"{draft}/approve", "/publish", "/rollback", "/files/open", "/unanswered/draft"):
        assert stranger.browser.post(ROOT + path, data={"sent": "x"}).status_code == 403, path
    assert house.service.editing.drafts.find(draft.rpartition("/")[2]).version == 2
