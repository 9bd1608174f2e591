import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import BadIndex, Busy
from knowledge.index.generations import KEPT
from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import RELIEF_NEW, WriteLaw, publish

OpenBase = Callable[[], KnowledgeBase]
MASKS = "# 新办法\n\n<!-- INFO END -->\n\n第一条 发放口罩消毒液。"


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
        publish(base)

    assert len(folders(tmp_path)) == KEPT
    assert base.generation in folders(tmp_path)


def test_another_process_sees_the_new_generation(base: KnowledgeBase, open_base: OpenBase):
    reader = open_base()
    before = reader.generation

    publish(base)

    assert reader.refresh()
    assert reader.generation == base.generation != before
    assert not reader.refresh()


def test_a_build_that_fails_leaves_the_old_generation_in_use(base: KnowledgeBase, tmp_path: Path):
    before = base.generation

    def out_of_disk(stage: str, done: int, total: int) -> None:
        if stage == "index":
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        base.curator.publish(out_of_disk)

    base.refresh()
    assert base.generation == before
    assert folders(tmp_path) == [before]
    assert base.search("粮油补助")


def test_two_builds_do_not_run_at_once(base: KnowledgeBase, open_base: OpenBase):
    def build_again(stage: str, done: int, total: int) -> None:
        open_base().curator.publish(wait_seconds=0)

    with pytest.raises(Busy):
        base.curator.publish(build_again)


def test_what_comes_in_while_a_build_runs_is_published_with_it(
    base: KnowledgeBase, open_base: OpenBase, write_law: WriteLaw
):
    """两个人同时导入，谁的都不会漏掉。"""
    late = [write_law("新办法(2026-01-01).md", MASKS)]

    def another_one_adds(stage: str, done: int, total: int) -> None:
        if late:
            open_base().curator.add([late.pop()])

    base.curator.publish(another_one_adds)
    base.refresh()

    assert base.search("口罩消毒液")[0].citation.title == "新办法"


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


def test_a_damaged_generation_is_replaced_by_the_next_build(base: KnowledgeBase, tmp_path: Path):
    folder = tmp_path / "var/knowledge/index" / str(base.generation)
    (folder / "rows.npz").write_bytes(b"nothing")

    publish(base)

    assert base.search("粮油补助")


def test_an_index_of_another_model_is_not_searched(base: KnowledgeBase, open_base: OpenBase):
    other = open_base()
    other._embedder.fingerprint = "other-model"  # type: ignore[misc]

    assert not other.ready


def test_a_document_added_later_waits_until_it_is_published(base: KnowledgeBase, write_law: WriteLaw):
    base.curator.add([write_law("新办法(2026-01-01).md", MASKS)])
    assert not any(hit.citation.title == "新办法" for hit in base.search("口罩消毒液"))

    publish(base)

    assert base.search("口罩消毒液")[0].citation.title == "新办法"


def test_only_what_changed_is_computed_again(base: KnowledgeBase, write_law: WriteLaw):
    """一万多条的库里加一份文件，只算这一份。"""
    base.curator.add([write_law("新办法(2026-01-01).md", MASKS)])
    computed: list[int] = []

    base.curator.publish(lambda stage, done, total: computed.append(total) if stage == "rows" else None)

    assert set(computed) == {1}


def test_an_index_that_took_rows_over_equals_one_made_anew(base: KnowledgeBase, write_law: WriteLaw):
    """增量建的索引和全部重建的索引，检索结果分毫不差。"""
    questions = ["口罩消毒液", "粮油补助几天办结", "过冬取暖补助谁发放", "冬天太冷没钱烧煤"]
    base.curator.add([write_law("新办法(2026-01-01).md", MASKS)])
    base.curator.add([write_law("互助救济办法(2014-02-21).md", RELIEF_NEW.replace("十日", "三日"))])

    def answers() -> list[list[tuple[str, float]]]:
        base.refresh()
        return [[(hit.chunk_id, hit.score) for hit in base.search(q, k=50)] for q in questions]

    base.curator.publish()
    taken_over = answers()
    base.curator.publish(anew=True)

    for one, other in zip(taken_over, answers(), strict=True):
        assert [name for name, _ in one] == [name for name, _ in other]
        assert np.allclose([score for _, score in one], [score for _, score in other], atol=1e-6)
