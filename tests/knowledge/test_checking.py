from collections.abc import Callable
from pathlib import Path

from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import ENTRIES, RELIEF_NEW, WriteLaw

OpenBase = Callable[[], KnowledgeBase]


def kinds(base: KnowledgeBase) -> list[tuple[str, str]]:
    return [(finding.kind, finding.subject) for finding in base.check()]


def with_entries(corpus: Path, text: str) -> None:
    (corpus / "entries" / "grain.yml").write_text(text, "utf-8")


def test_a_library_in_order_has_no_findings(open_base: OpenBase):
    assert kinds(open_base()) == []


def test_a_citation_that_is_not_loaded_is_found_and_its_entry_stays_silent(open_base: OpenBase, corpus: Path):
    with_entries(corpus, ENTRIES.replace("article: 第三条", "article: 第三十条"))
    base = open_base()

    base.build()

    assert kinds(base) == [("broken_citation", "winter-heating"), ("no_valid_source", "winter-heating")]
    assert all(hit.entry_id != "winter-heating" for hit in base.search("冬天太冷没钱烧煤有补助吗"))


def test_a_citation_of_a_text_no_longer_in_force_is_found(open_base: OpenBase, write_law: WriteLaw):
    base = open_base()
    base.add([write_law("互助救济办法(2025-01-01).md", RELIEF_NEW.replace("第三条 ", "第三条之一 "))])

    assert ("citation_not_in_force", "winter-heating") in kinds(base)


def test_an_entry_not_reviewed_for_a_year_is_found(open_base: OpenBase, corpus: Path):
    with_entries(corpus, ENTRIES.replace("2026-11-01", "2025-11-01", 1))

    assert kinds(open_base()) == [("expired_entry", "grain-apply")]


def test_the_same_question_in_two_entries_is_found(open_base: OpenBase, corpus: Path):
    with_entries(corpus, ENTRIES.replace("[冬天太冷没钱烧煤有补助吗]", "[粮油補助去哪里办？]"))

    assert kinds(open_base()) == [("duplicate_question", "winter-heating")]


def test_the_same_text_under_two_names_is_found(open_base: OpenBase, write_law: WriteLaw):
    base = open_base()
    base.add([write_law("抄本.md", RELIEF_NEW.replace("# 互助救济办法", "# 抄本"))])

    assert kinds(base) == [("duplicate_document", "抄本@undated")]
