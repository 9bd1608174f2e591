import json
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.errors import BadIndex, Busy
from knowledge.index import KEPT, Generation, Generations
from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import WriteLaw

OpenBase = Callable[[], KnowledgeBase]


def folders(tmp_path: Path) -> list[str]:
    index = tmp_path / "var" / "knowledge" / "index"
    return sorted(p.name for p in index.iterdir() if p.is_dir())


def test_the_manifest_tells_what_is_in_a_generation(base: KnowledgeBase, tmp_path: Path):
    folder = tmp_path / "var/knowledge/index" / str(base.generation)

    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))

    assert (manifest["documents"], manifest["articles"], manifest["entries"]) == (3, 9, 2)
    assert manifest["embedder"] == "hashing-64"


def test_the_last_generations_are_kept_so_that_one_can_go_back(base: KnowledgeBase, tmp_path: Path):
    for _ in range(KEPT):
        base.build()

    assert len(folders(tmp_path)) == KEPT
    assert base.generation in folders(tmp_path)


def test_another_process_sees_the_new_generation(base: KnowledgeBase, open_base: OpenBase):
    reader = open_base()
    before = reader.generation

    base.build()

    assert reader.refresh()
    assert reader.generation == base.generation != before
    assert not reader.refresh()


def test_a_build_that_fails_leaves_the_old_generation_in_use(
    base: KnowledgeBase, corpus: Path, tmp_path: Path
):
    before = base.generation

    def out_of_disk(stage: str, done: int, total: int) -> None:
        if stage == "vectors":
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        base.build(out_of_disk)

    assert base.generation == before
    assert folders(tmp_path) == [before]
    assert base.search("粮油补助")


def test_two_builds_do_not_run_at_once(base: KnowledgeBase, open_base: OpenBase):
    def build_again(stage: str, done: int, total: int) -> None:
        open_base().build()

    with pytest.raises(Busy):
        base.build(build_again)


def test_a_damaged_generation_is_not_opened_and_the_one_in_use_stays(base: KnowledgeBase, tmp_path: Path):
    index = tmp_path / "var/knowledge/index"
    before = base.generation
    (index / "broken").mkdir()
    (index / "current.new").write_text("broken", "utf-8")
    (index / "current.new").replace(index / "current")

    with pytest.raises(BadIndex):
        base.refresh()

    assert base.search("粮油补助")
    assert base.generation == before


def test_an_index_of_another_model_is_not_searched(base: KnowledgeBase, open_base: OpenBase):
    other = open_base()
    other._embedder.fingerprint = "other-model"  # type: ignore[misc]

    assert not other.ready


def test_a_document_added_later_waits_for_the_build(base: KnowledgeBase, write_law: WriteLaw):
    base.add([write_law("新办法(2026-01-01).md", "# 新办法\n\n<!-- INFO END -->\n\n第一条 发放口罩消毒液。")])
    assert not any(hit.citation.title == "新办法" for hit in base.search("口罩消毒液"))

    base.build()

    assert base.search("口罩消毒液")[0].citation.title == "新办法"


def test_going_back_is_pointing_at_the_older_folder(base: KnowledgeBase, tmp_path: Path):
    generations = Generations(tmp_path / "var/knowledge/index")
    first = str(base.generation)
    base.build()

    (generations.folder / "current").write_text(first, "utf-8")

    opened = generations.open_current()
    assert isinstance(opened, Generation)
    assert opened.name == first
