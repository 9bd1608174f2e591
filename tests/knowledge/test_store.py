import json
from pathlib import Path

import pytest

from knowledge.ingestion import IngestedDocument, ingest
from knowledge.store import Catalogue, DocumentStore, write_atomically
from tests.knowledge.conftest import RELIEF_NEW, WriteLaw

ID = "互助救济办法@2019-03-02"


def law(write_law: WriteLaw, folder: str = "a", text: str = RELIEF_NEW) -> IngestedDocument:
    return ingest(write_law(f"{folder}/互助救济办法(2019-03-02).md", text))


def stored(store: DocumentStore) -> list[IngestedDocument]:
    return list(store.load(store.catalogue()))


def test_a_stored_document_comes_back_unaltered(tmp_path: Path, write_law: WriteLaw):
    store = DocumentStore(tmp_path / "knowledge")
    ingested = law(write_law)

    store.put([ingested])

    assert stored(store) == [ingested]


def test_adding_a_document_again_replaces_it(tmp_path: Path, write_law: WriteLaw):
    store = DocumentStore(tmp_path / "knowledge")
    store.put([law(write_law)])

    again = law(write_law, "b", RELIEF_NEW.replace("十日", "八日"))
    store.put([again])

    assert stored(store) == [again]


def test_an_earlier_catalogue_still_finds_its_texts(tmp_path: Path, write_law: WriteLaw):
    """退回旧索引时，旧文本还在。"""
    store = DocumentStore(tmp_path / "knowledge")
    first = law(write_law)
    store.put([first])
    before = store.catalogue()

    store.put([law(write_law, "b", RELIEF_NEW.replace("十日", "八日"))])
    store.discard_unused([before])

    assert store.holds(before)
    assert list(store.load(before)) == [first]


def test_texts_that_no_catalogue_names_are_discarded(tmp_path: Path, write_law: WriteLaw):
    store = DocumentStore(tmp_path / "knowledge")
    store.put([law(write_law)])
    before = store.catalogue()
    store.put([law(write_law, "b", RELIEF_NEW.replace("十日", "八日"))])

    store.discard_unused([])

    assert not store.holds(before)
    assert len(stored(store)) == 1


def test_what_was_read_before_an_interruption_is_kept(tmp_path: Path, write_law: WriteLaw):
    store = DocumentStore(tmp_path / "knowledge")
    read = law(write_law)

    def interrupted():
        yield read
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.put(interrupted())

    assert stored(store) == [read]


def test_two_writers_at_once_lose_nothing(tmp_path: Path, write_law: WriteLaw):
    from concurrent.futures import ThreadPoolExecutor

    laws = [
        ingest(write_law(f"甲办法{n}(2020-01-01).md", f"# 甲办法{n}\n\n第一条 第{n}种情形。"))
        for n in range(12)
    ]

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda document: DocumentStore(tmp_path / "knowledge").put([document]), laws))

    assert len(stored(DocumentStore(tmp_path / "knowledge"))) == 12


def test_a_catalogue_comes_back_as_it_was_written():
    catalogue = Catalogue({ID: "abc"}, {}, frozenset({"旧@undated"}))

    assert Catalogue.from_json(catalogue.to_json()) == catalogue


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "a.json"
    write_atomically(path, "old")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")

    assert path.read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_of_the_first_version_is_taken_over(tmp_path: Path, write_law: WriteLaw):
    """升级前导入的文件和下架记录，升级后都在。"""
    store = DocumentStore(tmp_path / "knowledge")
    ingested = law(write_law)
    store.put([ingested])
    texts = tmp_path / "knowledge" / "documents"
    written = json.loads(next(texts.glob("*.json")).read_text("utf-8"))
    for later_field in ("revised_on", "excerpt_of", "repeals"):
        del written["document"][later_field]
    next(texts.glob("*.json")).unlink()
    path = texts / "互助救济办法@2019-03-02.0123456789ab.json"
    path.write_text(json.dumps(written, ensure_ascii=False), "utf-8")
    (tmp_path / "knowledge" / "catalogue.json").unlink()
    (tmp_path / "knowledge" / "withdrawn.json").write_text('["旧办法@undated"]', "utf-8")

    upgraded = DocumentStore(tmp_path / "knowledge")

    assert stored(upgraded) == [ingested]
    assert upgraded.catalogue().removed == {"旧办法@undated"}
