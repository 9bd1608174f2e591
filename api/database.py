"""The database: one engine per process, its schema brought up to date before anything uses it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from tickets.store import prepare_sqlite


def open_database(address: str) -> Engine:
    """Connect and migrate to the newest schema; creates the SQLite file and its folder when missing.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: unreachable, read-only or newer than this program.
    """
    url = make_url(address)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    migrate(engine)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version (api/migrations)."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
