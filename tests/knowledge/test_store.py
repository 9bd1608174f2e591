from pathlib import Path

import pytest

from knowledge.ingestion import ingest
from knowledge.store import DocumentStore, write_atomically
from tests.knowledge.conftest import RELIEF_NEW, WriteLaw


def test_a_stored_document_comes_back_unaltered(tmp_path: Path, write_law: WriteLaw):
    ingested = ingest(write_law("互助救济办法(2019-03-02).md", RELIEF_NEW))
    store = DocumentStore(tmp_path / "documents")

    store.put(ingested)

    assert list(store.all()) == [ingested]


def test_adding_a_document_again_replaces_it(tmp_path: Path, write_law: WriteLaw):
    store = DocumentStore(tmp_path / "documents")
    store.put(ingest(write_law("a/互助救济办法(2019-03-02).md", RELIEF_NEW)))

    again = ingest(write_law("b/互助救济办法(2019-03-02).md", RELIEF_NEW.replace("十日", "八日")))
    store.put(again)

    assert list(store.all()) == [again]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "a.json"
    write_atomically(path, "old")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")

    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
