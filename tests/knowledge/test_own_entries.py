"""本单位的知识条目：与随系统提供的并用、替换、停用；退回索引时一起退回；依据变了就不再说。"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands import app
from api.logs import configure_logs
from knowledge.errors import BadEntry, UnknownEntry
from knowledge.model import HotlineEntry, Outcome, SourceRef
from knowledge.own_entries import OwnEntry, own_entry, own_from_json, own_to_json
from knowledge.service import KnowledgeBase
from knowledge.store import Catalogue
from tests.knowledge.conftest import RELIEF_NEW, WriteLaw, publish

OpenBase = Callable[[], KnowledgeBase]
RUN = CliRunner()
QUESTION = "收割机坏了粮油怎么申请"


def entry(**changes) -> HotlineEntry:
    fields = {
        "id": "own-harvest",
        "category": "临时救助",
        "title": "收割机坏了怎么申请粮油补助",
        "questions": ("收割机坏了粮油怎么申请", "收割机坏了没粮了"),
        "answer": "带上修理单，到乡镇政府书面申请。",
        "conditions": (),
        "materials": ("修理单",),
        "steps": (),
        "where": "",
        "time_limit": "",
        "fee": "",
        "if_refused": "",
        "sources": (SourceRef("互助救济办法", "第二条"),),
        "owner": "测试组",
        "reviewed_on": date(2026, 11, 20),
        "region": "000000",
    }
    return HotlineEntry(**fields | changes)  # type: ignore[arg-type]


def raw(**changes) -> dict:
    own = json.loads(own_to_json(OwnEntry(entry())))["entry"]
    return own | {"reviewed_on": date(2026, 11, 20)} | changes


def answered_by(base: KnowledgeBase, question: str) -> str | None:
    return base.answer(question).entry_id


def found(base: KnowledgeBase) -> bool:
    """True if the own entry is among the evidence, sure or not."""
    return "own-harvest" in {hit.entry_id for hit in base.search(QUESTION)}


def test_an_own_entry_answers_once_it_is_published_and_for_every_process(
    base: KnowledgeBase, open_base: OpenBase
):
    """发布以前来电人听不到；发布以后每个进程都用它回答。"""
    other = open_base()
    base.curator.entries.apply(put=[entry()])
    assert answered_by(other, QUESTION) != "own-harvest"
    assert not base.curator.is_published()

    publish(base)
    other.refresh()

    assert answered_by(other, QUESTION) == "own-harvest"
    assert base.curator.is_published()


def test_an_own_entry_wins_over_the_shipped_one_of_its_id(base: KnowledgeBase):
    base.curator.entries.apply(put=[entry(id="grain-apply", answer="本县：找村里的网格员代办。")])
    publish(base)

    assert "网格员" in base.answer("粮油补助怎么申请，收割机坏了").text
    assert [e.id for e in base.curator.library().entries].count("grain-apply") == 1


def test_a_shipped_entry_can_be_switched_off_and_taken_back(base: KnowledgeBase):
    base.curator.entries.apply(off=["winter-heating"])
    publish(base)
    assert answered_by(base, "冬天太冷没钱烧煤有补助吗") != "winter-heating"
    assert base.curator.entries.find("winter-heating").switched_off

    base.curator.entries.apply(drop=["winter-heating"])
    publish(base)

    assert answered_by(base, "冬天太冷没钱烧煤有补助吗") == "winter-heating"


def test_going_back_to_an_earlier_index_takes_the_entries_back_too(base: KnowledgeBase):
    """退回索引后再发布，也不会把退掉的条目又带上来。"""
    before = base.generation
    base.curator.entries.apply(put=[entry()])
    publish(base)

    base.curator.roll_back(before)
    base.refresh()
    assert answered_by(base, QUESTION) != "own-harvest"
    publish(base)

    assert answered_by(base, QUESTION) != "own-harvest"


def test_a_text_of_an_entry_stays_while_a_kept_index_names_it(base: KnowledgeBase):
    base.curator.entries.apply(put=[entry()])
    publish(base)
    with_it = base.generation
    base.curator.entries.apply(drop=["own-harvest"])
    publish(base)

    base.curator.roll_back(with_it)
    base.refresh()

    assert answered_by(base, QUESTION) == "own-harvest"


def test_an_own_entry_falls_silent_when_its_article_reads_differently(
    base: KnowledgeBase, write_law: WriteLaw
):
    """依据的条文改了：条目不再使用，检查里点名；复核后重新启用。"""
    base.curator.entries.apply(put=[entry()])
    publish(base)

    base.curator.add([write_law("互助救济办法(2026-01-01).md", RELIEF_NEW.replace("十日内", "五日内"))])
    publish(base)

    assert not found(base)
    assert ("citation_changed", "own-harvest") in {(f.kind, f.subject) for f in base.curator.check()}
    base.curator.entries.apply(put=[entry(answer="到乡镇政府申请，五日内办结。")])
    publish(base)
    assert found(base)


def test_an_entry_on_a_text_that_the_office_itself_loaded_is_used(base: KnowledgeBase, write_law: WriteLaw):
    """本单位导入了新文本，再据此写条目：随系统提供的旧文本不碍事。"""
    base.curator.add([write_law("互助救济办法(2026-01-01).md", RELIEF_NEW.replace("十日内", "五日内"))])
    base.curator.entries.apply(put=[entry()])
    publish(base)

    assert found(base)


def test_a_rehearsal_answers_with_the_change_while_callers_hear_nothing_of_it(
    base: KnowledgeBase, tmp_path: Path
):
    read = base.curator.entries.read(entry())
    kept = [path for path in (tmp_path / "var").rglob("*") if path.is_file()]

    aside = base.rehearsal(tmp_path / "aside", {"own-harvest": read})

    assert answered_by(aside, QUESTION) == "own-harvest"
    assert "修理单" in aside.answer(QUESTION).text
    assert answered_by(base, QUESTION) != "own-harvest"
    assert [path for path in (tmp_path / "var").rglob("*") if path.is_file()] == kept


def test_a_rehearsal_ranks_as_publishing_would(base: KnowledgeBase, tmp_path: Path):
    """试答用的是真的检索：命中和分数与发布以后一样。"""
    questions = [QUESTION, "粮油补助去哪里办", "冬天没钱烧煤", "天气怎么样"]
    aside = base.rehearsal(tmp_path / "aside", {"own-harvest": base.curator.entries.read(entry())})
    tried = [(aside.answer(q).text, aside.search(q)) for q in questions]

    base.curator.entries.apply(put=[entry()])
    publish(base)

    assert [(base.answer(q).text, base.search(q)) for q in questions] == tried
    assert aside.answer(questions[-1]).outcome != Outcome.ANSWERED


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../../etc/passwd"},
        {"id": "<script>"},
        {"id": ""},
        {"id": "a" * 61},
        {"region": "湖南"},
        {
            "sources": [
                {"document": "办法", "article": "第一条", "checked": "public_page", "url": "javascript:x"}
            ]
        },
        {"answer": "好\x00"},
        {"title": "好\u202e坏"},
        {"questions": ["问\x1b[2J"]},
        {"sources": []},
        {"category": "别的"},
        {"reviewed_on": "不久前"},
        {"extra": "1"},
    ],
)
def test_what_breaks_the_form_or_smuggles_something_in_is_refused(change: dict):
    with pytest.raises(BadEntry):
        own_entry(raw(**change), "test")


def test_an_entry_and_what_was_read_come_back_unaltered():
    own = OwnEntry(entry(), {SourceRef("互助救济办法", "第二条"): "第二条 申请"})

    assert own_from_json(own_to_json(own), "x") == own


def test_nothing_is_changed_when_one_of_several_is_wrong(base: KnowledgeBase):
    before = base.curator.entries.named()

    with pytest.raises(BadEntry):
        base.curator.entries.apply(put=[entry(), entry(id="Bad Id")])
    with pytest.raises(UnknownEntry):
        base.curator.entries.apply(put=[entry()], off=["no-such"])

    assert base.curator.entries.named() == before


def test_a_catalogue_of_an_earlier_version_knows_no_entries():
    assert Catalogue.from_json('{"documents": {}, "corrections": {}, "removed": []}').entries == {}


def test_a_document_that_was_taken_out_is_brought_back(base: KnowledgeBase):
    for doc_id in ("互助救济办法@2019-03-02", "浙江省互助救济条例@2020-09-24"):
        base.curator.remove(doc_id)
        assert base.curator.removed() == [doc_id]

        base.curator.bring_back(doc_id)

        assert doc_id in {d.doc_id for d in base.curator.documents()}
        assert base.curator.removed() == []


def test_previewed_files_are_understood_and_not_taken_in(base: KnowledgeBase, write_law: WriteLaw):
    newer = write_law("up/互助救济办法(2026-01-01).md", RELIEF_NEW)
    bad = write_law("up/坏.md", "没有条文")
    before = base.curator.documents()

    (_, good, articles), (_, refused, _) = base.curator.preview([newer, bad], lambda path: path.name)

    assert good.document and good.document.source_file == newer.name
    assert (good.document.status, len(articles)) == ("现行", 4)
    assert refused.refused == "no_articles"
    assert base.curator.documents() == before


@pytest.fixture
def commands(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> KnowledgeBase:
    configure_logs("WARNING")
    monkeypatch.setattr("api.commands.knowledge_base.open_curator", lambda: base.curator)
    return base


def test_entries_are_kept_on_the_command_line(commands: KnowledgeBase, tmp_path: Path):
    """命令行：从文件启用、列出、取出来改、停用、撤掉。"""
    file = tmp_path / "own.yml"
    file.write_text(RUN.invoke(app, ["knowledge", "entries", "show", "grain-apply"]).stdout)
    file.write_text(file.read_text().replace("向乡镇政府、街道办", "向村里的网格员"))

    assert RUN.invoke(app, ["knowledge", "entries", "add", str(file)]).exit_code == 0
    listed = json.loads(RUN.invoke(app, ["knowledge", "entries", "list", "--own", "--json"]).stdout)
    assert [(one["id"], one["origin"]) for one in listed] == [("grain-apply", "instead")]
    commands.refresh()
    assert "网格员" in commands.answer("粮油补助去哪里办").text
    assert RUN.invoke(app, ["knowledge", "entries", "remove", "grain-apply"]).exit_code == 0
    assert RUN.invoke(app, ["knowledge", "entries", "off", "winter-heating", "--no-build"]).exit_code == 0
    listed = json.loads(RUN.invoke(app, ["knowledge", "entries", "list", "--own", "--json"]).stdout)
    assert [(one["id"], one["origin"]) for one in listed] == [("winter-heating", "switched_off")]
    wrong = RUN.invoke(app, ["knowledge", "entries", "remove", "no-such"])
    assert wrong.exit_code == 1 and "没有这个知识条目" in wrong.stderr


def test_a_file_that_breaks_the_form_is_refused_whole(commands: KnowledgeBase, tmp_path: Path):
    file = tmp_path / "own.yml"
    for text in ("entries: 1", "- [", "entries:\n- {id: a}", "x: 1", ""):
        file.write_text(text)
        result = RUN.invoke(app, ["knowledge", "entries", "add", str(file)])
        assert (result.exit_code, "格式不对" in result.stderr) == (1, True), text


def test_the_command_stands_beside_the_others():
    """真的用一个进程跑：帮助里有这一组命令。"""
    command = [
        sys.executable,
        "-c",
        "from api.commands import main; main()",
        "knowledge",
        "entries",
        "--help",
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))

    assert "remove" in done.stdout and "list" in done.stdout
