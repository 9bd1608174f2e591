from pathlib import Path

import pytest

from knowledge.entries import load_entries
from knowledge.errors import BadEntry
from tests.knowledge.conftest import ENTRIES


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "a.yml").write_text(text, "utf-8")
    return tmp_path


def test_entries_are_read_with_their_sources(tmp_path: Path):
    entries = load_entries(written(tmp_path, ENTRIES))

    assert [entry.id for entry in entries] == ["grain-apply", "winter-heating"]
    assert entries[0].sources[0].article == "第二条"
    assert entries[1].materials == ()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("category: 临时救助", "category: 发钱", "not one of the ticket categories"),
        ("title: 过冬取暖补助由谁发", "titel: x", "unknown field 'titel'"),
        ("reviewed_on: 2026-11-01", "reviewed_on: 去年", "reviewed_on must be a date"),
        ("questions: [冬天太冷没钱烧煤有补助吗]", "questions: []", "at least one question"),
        ("- {document: 互助救济办法, article: 第三条}", "- 第三条", "a source is"),
        ("id: winter-heating", "id: grain-apply", "stands twice"),
    ],
)
def test_an_entry_that_breaks_the_form_is_refused_by_name(tmp_path: Path, old: str, new: str, complaint: str):
    with pytest.raises(BadEntry, match=complaint):
        load_entries(written(tmp_path, ENTRIES.replace(old, new)))


def test_a_file_that_is_not_yaml_is_refused(tmp_path: Path):
    with pytest.raises(BadEntry, match="not valid YAML"):
        load_entries(written(tmp_path, "entries: [a, b"))
