"""The commands as an operator runs them, on a small corpus."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands import app
from api.logs import configure_logs
from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import RELIEF_NEW, WriteLaw

RUN = CliRunner()


@pytest.fixture(autouse=True)
def small_base(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> KnowledgeBase:
    configure_logs("WARNING")
    monkeypatch.setattr("api.commands.knowledge_base.open_base", lambda: base)
    monkeypatch.setattr("api.commands.knowledge_base.open_curator", lambda: base.curator)
    return base


def test_add_says_per_file_what_it_understood_and_refuses_in_one_sentence(write_law: WriteLaw):
    good = write_law("新/互助救济办法(2024-01-01).md", RELIEF_NEW)
    bad = write_law("新/坏.md", "没有")

    result = RUN.invoke(app, ["knowledge", "add", str(good.parent), "--json"])

    reports = {Path(row["source_file"]).name: row for row in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert reports[good.name]["document"]["doc_id"] == "互助救济办法@2024-01-01"
    assert "没有找到" in reports[bad.name]["refused"]


def test_list_shows_what_took_the_place_of_what():
    rows = json.loads(RUN.invoke(app, ["knowledge", "list", "--json"]).stdout)

    status = {row["doc_id"]: (row["status"], row["superseded_by"]) for row in rows}
    assert status["互助救济办法@2014-02-21"] == ("已被取代", "互助救济办法@2019-03-02")


def test_search_takes_a_place_a_day_and_a_number():
    command = [
        "knowledge",
        "search",
        "粮油补助",
        "--region",
        "330000",
        "--as-of",
        "2016-01-01",
        "-k",
        "2",
        "--json",
    ]

    hits = json.loads(RUN.invoke(app, command).stdout)

    assert 0 < len(hits) <= 2
    assert all(hit["doc_id"] != "互助救济办法@2019-03-02" for hit in hits)


def test_ask_prints_the_answer_a_citizen_gets(small_base: KnowledgeBase):
    result = RUN.invoke(app, ["ask", "家里没米没油了找谁要"])

    assert result.stdout.strip() == small_base.answer("家里没米没油了找谁要").text


def test_a_wrong_region_is_refused_with_a_remedy():
    result = RUN.invoke(app, ["ask", "低保", "--region", "湖南"])

    assert result.exit_code == 1
    assert "六位" in result.output


def test_remove_names_what_it_does_not_know():
    result = RUN.invoke(app, ["knowledge", "remove", "没有@undated"])

    assert result.exit_code == 1
    assert "没有@undated" in result.output


def test_evaluate_prints_figures_and_every_miss(tmp_path: Path):
    gold = [{"doc": "行政法规/互助救济办法(2019-03-02).md", "article": "第三条"}]
    row = {
        "id": "1",
        "question": "过冬取暖补助由谁发",
        "style": "short",
        "topic": "x",
        "gold": gold,
        "key_facts": ["月球"],
    }
    (tmp_path / "q.jsonl").write_text(json.dumps(row, ensure_ascii=False), "utf-8")

    figures = json.loads(RUN.invoke(app, ["evaluate", "policy", str(tmp_path / "q.jsonl"), "--json"]).stdout)
    table = RUN.invoke(app, ["evaluate", "policy", str(tmp_path / "q.jsonl")])

    assert figures["total"]["recall_at_1"] == 1
    assert figures["misses"][0]["missing_facts"] == ["月球"]
    assert table.exit_code == 0


def test_a_command_that_changes_documents_loads_nothing_that_only_answering_needs(
    tmp_path: Path, write_law: WriteLaw
):
    """新文件几秒内就要生效，导入命令不能先等着加载问答用的库。"""
    law = write_law("新/互助救济办法(2024-01-01).md", RELIEF_NEW)
    script = (
        "import sys\n"
        "from api.commands import app\n"
        "app(['knowledge', 'add', '--no-build', sys.argv[1]], standalone_mode=False)\n"
        "print(sorted({'knowledge.service', 'knowledge.answering', 'torch'} & set(sys.modules)))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", script, str(law)],
        env=os.environ | {"HOTLINE_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.splitlines()[-1] == "[]"
