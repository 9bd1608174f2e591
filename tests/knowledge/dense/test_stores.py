"""The knowledge base with its vectors in PostgreSQL: callers and editors get the same as with files."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from knowledge.dense.database import VectorDatabase
from knowledge.dense.stores import VectorsInDatabase
from knowledge.index.generations import KEPT
from knowledge.service import KnowledgeBase
from tests.fakes import HashingEmbedder
from tests.knowledge.conftest import RELIEF_OLD, WriteLaw, publish
from tests.postgres import PostgresServer

QUESTIONS = ("粮油补助几天办结", "冬天太冷没钱烧煤有补助吗", "互助救济办法第二条")
OpenBase = Callable[[], KnowledgeBase]


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> VectorDatabase:
    return VectorDatabase(postgres.address(postgres.new_database()))


@pytest.fixture
def open_in_database(tmp_path: Path, corpus: Path, database: VectorDatabase) -> OpenBase:
    """Opens the same library as `open_base`, its vectors in the database."""
    return lambda: KnowledgeBase(
        tmp_path / "var",
        HashingEmbedder(),
        "430000",
        today=lambda: date(2026, 11, 22),
        corpus=corpus,
        vectors=VectorsInDatabase(database),
    )


def found(base: KnowledgeBase) -> list[list[tuple[str, float]]]:
    return [[(hit.chunk_id, round(hit.score, 5)) for hit in base.search(q, k=20)] for q in QUESTIONS]


def test_the_same_questions_find_the_same(open_base: OpenBase, open_in_database: OpenBase):
    in_files, in_database = open_base(), open_in_database()
    publish(in_files)
    publish(in_database)

    assert found(in_database) == found(in_files)


def test_an_added_document_is_seen_by_another_worker_and_can_be_rolled_back(
    open_in_database: OpenBase, write_law: WriteLaw
):
    editor, worker = open_in_database(), open_in_database()
    publish(editor)
    worker.refresh()
    before = found(worker)

    editor.curator.add(
        [write_law("行政法规/粮油办法(2020-02-21).md", RELIEF_OLD.replace("互助救济", "粮油"))]
    )
    editor.curator.publish()
    worker.refresh()
    assert found(worker) != before

    editor.curator.roll_back()
    worker.refresh()
    assert found(worker) == before


def test_old_generations_leave_the_database_with_their_folders(
    open_in_database: OpenBase, database: VectorDatabase
):
    base = open_in_database()
    for _ in range(KEPT + 2):
        base.curator.publish()

    assert sorted(database.generations()) == sorted(g.name for g in base.curator.generations())


def test_a_worker_that_starts_while_the_database_is_away_answers_when_it_is_back(
    open_in_database: OpenBase, postgres: PostgresServer
):
    publish(open_in_database())
    postgres.stop()
    worker = open_in_database()
    assert not worker.ready

    postgres.start()
    worker._looked_at = float("-inf")  # a second later

    assert worker.ready
