"""库里的向量：几代并存，写一半的看不见，数据库停了说得清、起来了接着用。"""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import psycopg
import pytest

from knowledge.dense.database import VectorDatabase
from knowledge.dense.postgres_index import PostgresIndex
from knowledge.errors import BadIndex, Unavailable
from tests.postgres import PostgresServer

pytestmark = pytest.mark.timeout(30)  # what should end after two seconds must not hold up the tests
ROWS = 300
PATIENCE = 3.0  # seconds: two, and what a machine with other work needs on top
EVERY_ROW = np.ones(ROWS, dtype=bool)


def unit_rows(seed: int, rows: int = ROWS, dimension: int = 16) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


MAY, JUNE = unit_rows(5), unit_rows(6)


def finds(index: PostgresIndex, vectors: np.ndarray, row: int = 7) -> bool:
    return index.search(vectors[row], 1, EVERY_ROW).tolist() == [row]


@contextmanager
def soon() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < PATIENCE


@pytest.fixture
def name(postgres: PostgresServer) -> str:
    """The name of an empty database."""
    return postgres.new_database()


@pytest.fixture
def database(postgres: PostgresServer, name: str) -> Iterator[VectorDatabase]:
    database = VectorDatabase(postgres.address(name))
    yield database
    database.close()


def test_a_database_nobody_wrote_to_has_no_generations(database: VectorDatabase):
    assert database.generations() == []

    database.drop("may")
    with pytest.raises(BadIndex):
        database.open("may")


def test_generations_stand_side_by_side(database: VectorDatabase):
    database.write("may", MAY)
    database.write("june", unit_rows(6, dimension=24))

    assert database.generations() == ["june", "may"]
    assert database.open("may").all().tobytes() == MAY.tobytes()
    assert database.open("june").dimension == 24


def test_who_reads_one_generation_does_not_notice_that_others_come_and_go(database: VectorDatabase):
    database.write("may", MAY)
    may = database.open("may")

    with ThreadPoolExecutor(4) as readers:
        reading = [readers.submit(finds, may, MAY, row) for row in range(200)]
        for _ in range(5):
            database.write("june", JUNE)
            database.drop("june")

    assert all(done.result() for done in reading)
    assert database.generations() == ["may"]


def test_a_generation_written_again_is_replaced_under_its_readers(database: VectorDatabase):
    database.write("may", MAY)
    opened = database.open("may")

    with ThreadPoolExecutor(4) as readers:
        reading = [readers.submit(opened.search, MAY[7], 1, EVERY_ROW) for _ in range(200)]
        database.write("may", JUNE)

    assert {len(done.result()) for done in reading} == {1}
    assert finds(opened, JUNE)
    assert database.generations() == ["may"]


def test_a_generation_that_broke_off_half_way_was_never_there(database: VectorDatabase):
    broken = MAY.copy()
    broken[-1, 3] = np.nan

    with pytest.raises(BadIndex, match="NaN"):
        database.write("may", broken)

    assert database.generations() == []
    with pytest.raises(BadIndex, match="may"):
        database.open("may")


def test_what_stood_there_before_outlives_a_write_that_breaks_off(database: VectorDatabase):
    database.write("may", MAY)
    opened = database.open("may")

    with pytest.raises(BadIndex):
        database.write("may", np.full((ROWS, 16), np.inf, dtype=np.float32))

    assert finds(opened, MAY)
    assert finds(database.open("may"), MAY)


@pytest.mark.parametrize("which", ["row = 299", "row = 0", "row = 12", "true"])
def test_a_generation_with_missing_rows_is_not_opened(
    postgres: PostgresServer, name: str, database: VectorDatabase, which: str
):
    database.write("may", MAY)
    postgres.execute(f'DELETE FROM knowledge_vectors."rows_may" WHERE {which}', name)

    with pytest.raises(BadIndex, match=r"may .*rows are missing"):
        database.open("may")


def test_a_generation_whose_table_is_gone_is_not_opened(
    postgres: PostgresServer, name: str, database: VectorDatabase
):
    database.write("may", MAY)
    postgres.execute('DROP TABLE knowledge_vectors."rows_may"', name)

    with pytest.raises(BadIndex, match="rows_may"):
        database.open("may")


def test_rows_that_went_missing_later_are_not_taken_for_others(
    postgres: PostgresServer, name: str, database: VectorDatabase
):
    database.write("may", MAY)
    opened = database.open("may")
    postgres.execute('DELETE FROM knowledge_vectors."rows_may" WHERE row = 3', name)

    with pytest.raises(BadIndex, match="only 2 of 3 rows"):
        opened.similarity(MAY[0], np.array([2, 3, 4]))
    with pytest.raises(BadIndex, match="299 rows, not 300"):
        opened.all()


def test_a_generation_dropped_under_its_reader_is_said_to_be_gone(database: VectorDatabase):
    database.write("may", MAY)
    opened = database.open("may")
    database.drop("may")

    for ask in (
        lambda: opened.search(MAY[0], 1, EVERY_ROW),
        lambda: opened.similarity(MAY[0], np.array([1])),
        opened.all,
    ):
        with pytest.raises(BadIndex, match="rows_may"):
            ask()


@pytest.mark.parametrize("generation", ["", 'may"; DROP TABLE x', "五月", "m" * 51, "a.b"])
def test_only_plain_names_name_a_generation(database: VectorDatabase, generation: str):
    for call in (database.open, database.drop, lambda name: database.write(name, MAY)):
        with pytest.raises(ValueError, match="cannot name a generation"):
            call(generation)


def test_the_longest_name_is_not_cut_off(database: VectorDatabase):
    database.write("m" * 49 + "1", MAY)
    database.write("m" * 49 + "2", JUNE)

    assert finds(database.open("m" * 49 + "1"), MAY)
    assert finds(database.open("m" * 49 + "2"), JUNE)


def test_a_name_as_generations_are_really_called_is_fine(database: VectorDatabase):
    database.write("20261122T045303123456-ab12", MAY)

    assert finds(database.open("20261122T045303123456-ab12"), MAY)


def test_a_server_that_is_gone_is_unavailable_and_back_again_without_a_restart(
    postgres: PostgresServer, database: VectorDatabase
):
    """数据库停机时两秒内说明；恢复后不用重启热线。"""
    database.write("may", MAY)
    opened = database.open("may")
    with ThreadPoolExecutor(6) as several:  # so that several connections are kept
        list(several.map(lambda row: finds(opened, MAY, row), range(60)))

    postgres.stop()
    try:
        for ask in (
            lambda: finds(opened, MAY),
            lambda: opened.similarity(MAY[0], np.array([1])),
            opened.all,
            database.generations,
            lambda: database.open("may"),
            lambda: database.write("june", JUNE),
            lambda: database.drop("may"),
        ):
            with soon(), pytest.raises(Unavailable):
                ask()
    finally:
        postgres.start()

    assert finds(opened, MAY)
    assert database.generations() == ["may"]


def test_a_restart_between_two_questions_is_not_noticed(postgres: PostgresServer, database: VectorDatabase):
    database.write("may", MAY)
    opened = database.open("may")
    with ThreadPoolExecutor(6) as several:
        list(several.map(lambda row: finds(opened, MAY, row), range(60)))

    postgres.stop()
    postgres.start()

    assert finds(opened, MAY)


def test_a_connection_that_hangs_is_given_up(postgres: PostgresServer, name: str, database: VectorDatabase):
    database.write("may", MAY)
    opened = database.open("may")
    hanging = postgres.execute(
        f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND application_name = 'hotline'"
    )

    assert len(hanging) == 1
    os.kill(hanging[0][0], signal.SIGSTOP)
    try:
        with soon(), pytest.raises(Unavailable):
            finds(opened, MAY)
        assert finds(opened, MAY)
    finally:
        os.kill(hanging[0][0], signal.SIGCONT)


def test_a_server_that_hangs_is_unavailable(postgres: PostgresServer, database: VectorDatabase):
    database.write("may", MAY)
    opened = database.open("may")
    database.close()

    os.kill(postgres.process_id, signal.SIGSTOP)
    try:
        with soon(), pytest.raises(Unavailable):
            finds(opened, MAY)
    finally:
        os.kill(postgres.process_id, signal.SIGCONT)

    assert finds(opened, MAY)


def test_a_table_that_is_locked_is_unavailable(postgres: PostgresServer, name: str, database: VectorDatabase):
    database.write("may", MAY)
    opened = database.open("may")

    with psycopg.connect(postgres.address(name).replace("+psycopg", "")) as administrator:
        administrator.execute('LOCK TABLE knowledge_vectors."rows_may"')
        with soon(), pytest.raises(Unavailable, match="statement timeout"):
            finds(opened, MAY)

    assert finds(opened, MAY)


def test_a_generation_that_a_backup_is_reading_is_not_waited_for(
    postgres: PostgresServer, name: str, database: VectorDatabase
):
    """备份读着的表先不删，也不让查询排在后面干等。"""
    database.write("may", MAY)
    opened = database.open("may")

    with psycopg.connect(postgres.address(name).replace("+psycopg", "")) as backup:
        backup.execute('SELECT * FROM knowledge_vectors."rows_may"')
        for change in (lambda: database.drop("may"), lambda: database.write("may", JUNE)):
            with soon(), pytest.raises(Unavailable, match="lock timeout"):
                change()

    assert finds(opened, MAY)
    database.drop("may")
    assert database.generations() == []


def test_more_threads_than_connections_are_all_answered(
    postgres: PostgresServer, name: str, database: VectorDatabase
):
    database.write("may", MAY)
    opened = database.open("may")

    with ThreadPoolExecutor(32) as threads:
        found = list(threads.map(lambda row: finds(opened, MAY, row), range(ROWS)))

    kept = postgres.execute(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'")
    assert all(found)
    assert kept[0][0] <= 8


def test_the_address_may_be_spelt_for_libpq_or_for_sqlalchemy(
    postgres: PostgresServer, name: str, database: VectorDatabase
):
    database.write("may", MAY)

    for scheme in ("postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"):
        spelt = VectorDatabase(postgres.address(name).replace("postgresql+psycopg", scheme, 1))
        assert spelt.generations() == ["may"]
        spelt.close()


@pytest.mark.parametrize(
    "address", ["sqlite:///x.db?key=secret", "postgresql://u:secret@h:5432/d?nonsense=1"]
)
def test_what_is_not_an_address_is_refused_and_its_password_not_repeated(address: str):
    with pytest.raises(ValueError, match="postgresql://user:password@host/database") as refused:
        VectorDatabase(address)

    assert "secret" not in str(refused.value)


def test_where_nobody_listens_is_unavailable():
    nowhere = VectorDatabase("postgresql://hotline@127.0.0.1:1/hotline")

    with soon(), pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        nowhere.generations()


def test_who_may_not_prepare_the_database_is_told_what_the_administrator_must_run(
    postgres: PostgresServer, name: str
):
    """照着报错里的命令做，就能用。"""
    role = f"clerk_{name}"
    postgres.execute(f'CREATE ROLE "{role}" LOGIN')
    clerk = VectorDatabase(postgres.address(name, role))

    with pytest.raises(Unavailable, match="CREATE EXTENSION vector"):
        clerk.write("may", MAY)
    postgres.execute("CREATE EXTENSION vector", name)
    with pytest.raises(Unavailable, match="CREATE SCHEMA") as refused:
        clerk.write("may", MAY)
    postgres.execute(str(refused.value).partition("run in it: ")[2], name)
    clerk.write("may", MAY)

    assert finds(clerk.open("may"), MAY)
    clerk.close()
