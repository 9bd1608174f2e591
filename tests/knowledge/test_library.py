"""The shipped texts, entries and asked questions: read once, kept, and noticed when they change."""

from datetime import date
from pathlib import Path

import pytest

from knowledge import library as library_module
from knowledge.asked import load_asked
from knowledge.derived import NOTHING_KEPT, Derived
from knowledge.entries import load_entries
from knowledge.errors import BadEntry, UnreadableDocument
from knowledge.library import SHIPPED_CORPUS, shipped_documents
from tests.knowledge.conftest import ENTRIES

in_a_new_process = shipped_documents.__wrapped__  # without what this process remembers


@pytest.fixture
def kept(tmp_path: Path) -> Derived:
    return Derived(tmp_path / "derived")


def test_the_shipped_texts_are_the_same_from_the_kept_copy(kept: Derived, monkeypatch: pytest.MonkeyPatch):
    read = in_a_new_process(SHIPPED_CORPUS, NOTHING_KEPT)
    in_a_new_process(SHIPPED_CORPUS, kept)

    monkeypatch.setattr(library_module, "ingest", None)

    assert in_a_new_process(SHIPPED_CORPUS, kept) == read


def test_a_shipped_text_that_changed_is_read_again(corpus: Path, kept: Derived):
    in_a_new_process(corpus, kept)
    path = next((corpus / "laws").rglob("*.md"))
    path.write_text(path.read_text("utf-8").replace("十日内办结", "七日内办结"), "utf-8")

    articles = in_a_new_process(corpus, kept)[0].articles

    assert any("七日内办结" in article.text for article in articles)


def test_a_shipped_text_that_cannot_be_read_is_refused_every_time(corpus: Path, kept: Derived):
    (corpus / "laws" / "坏.md").write_text("没有条文", "utf-8")

    for _ in range(2):
        with pytest.raises(UnreadableDocument):
            in_a_new_process(corpus, kept)


def forget_what_was_loaded() -> None:
    from knowledge import asked, entries

    entries._entries.cache_clear()
    asked._asked.cache_clear()


def test_entries_and_asked_questions_are_the_same_from_the_kept_copy(
    kept: Derived, monkeypatch: pytest.MonkeyPatch
):
    def load(derived: Derived) -> tuple[object, object]:
        forget_what_was_loaded()
        return load_entries(SHIPPED_CORPUS / "entries", derived), load_asked(
            SHIPPED_CORPUS / "asked", derived
        )

    read = load(NOTHING_KEPT)
    load(kept)
    monkeypatch.setattr("yaml.load", None)

    assert load(kept) == read


def test_an_entry_file_is_checked_when_it_changed_though_it_was_good_before(corpus: Path, kept: Derived):
    path = corpus / "entries" / "grain.yml"
    load_entries(corpus / "entries", kept)
    path.write_text(ENTRIES.replace("category: 临时救助", "category: 发钱", 1), "utf-8")

    for _ in range(2):
        forget_what_was_loaded()
        with pytest.raises(BadEntry, match="not one of the ticket categories"):
            load_entries(corpus / "entries", kept)

    path.write_text(ENTRIES.replace("2026-11-01", "2026-11-03"), "utf-8")
    assert load_entries(corpus / "entries", kept)[0].reviewed_on == date(2026, 11, 3)


@pytest.mark.parametrize("text", ["entries: [{2026-11-01: x}]", "entries: &a [*a]"])
def test_an_entry_file_with_what_no_entry_holds_is_refused_by_name(tmp_path: Path, text: str):
    (tmp_path / "odd.yml").write_text(text, "utf-8")

    with pytest.raises(BadEntry, match=r"odd\.yml"):
        load_entries(tmp_path)
