"""数据库结构：迁移做出来的表，与代码里写的完全一样。"""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from api.database import migrate, open_database
from api.tables import everything


def test_the_migrations_make_exactly_the_tables_of_the_code(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'hotline.db'}")

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), everything()) == []


def test_migrating_again_changes_nothing(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'hotline.db'}")

    migrate(engine)

    assert "tickets" in inspect(engine).get_table_names()


def test_what_is_committed_is_on_the_disk(tmp_path):
    """断电也不能丢：WAL，逐次落盘。"""
    engine = open_database(f"sqlite:///{tmp_path / 'hotline.db'}")

    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
