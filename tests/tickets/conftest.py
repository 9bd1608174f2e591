"""A real desk on real databases, SQLite and PostgreSQL, with a clock that stands still until it is moved."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from api.database import open_database
from tests.postgres import PostgresServer, postgres_server  # noqa: F401
from tickets import open_desk
from tickets.model import Area, Category, NewTicket, Person, Urgency
from tickets.privacy import Sealer
from tickets.service import Desk
from tickets.store import prepare_sqlite

KEY = bytes(range(32))


@dataclass
class StandingClock:
    """Gives the same instant until told otherwise; starts on Thursday 2026-03-12, 09:00 in Beijing."""

    now: datetime = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that the migrations have made; tests copy it."""
    path = tmp_path_factory.mktemp("migrated") / "desk.db"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres: PostgresServer) -> str:
    """The name of a PostgreSQL database that the migrations have made; tests copy it."""
    name = postgres.new_database()
    open_database(postgres.address(name)).dispose()
    return name


@pytest.fixture
def sqlite_file(migrated_file: Path, tmp_path: Path) -> Path:
    """An empty desk in a SQLite file."""
    return Path(shutil.copy(migrated_file, tmp_path / "desk.db"))


@pytest.fixture
def postgres_address(postgres: PostgresServer, migrated_database: str) -> Iterator[str]:
    """An empty desk in a PostgreSQL database."""
    name = f"desk_{secrets.token_hex(4)}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_database}")
    yield postgres.address(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_engine(sqlite_file: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{sqlite_file}", pool_pre_ping=True)
    prepare_sqlite(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres_address: str) -> Iterator[Engine]:
    engine = create_engine(postgres_address, pool_pre_ping=True)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The desk's database, each kind in turn: what holds for one must hold for the other."""
    return request.getfixturevalue(
        {"sqlite": "sqlite_engine", "postgresql": "postgres_engine"}[request.param]
    )


@pytest.fixture
def desk(engine: Engine, clock: StandingClock) -> Desk:
    return open_desk(engine, Sealer(KEY), clock)


@pytest.fixture
def new_ticket() -> Callable[..., NewTicket]:
    """Makes a request for help; keyword arguments replace single fields."""

    def make(**changes: Any) -> NewTicket:
        fields: dict[str, Any] = {
            "category": Category.TEMPORARY,
            "urgency": Urgency.NORMAL,
            "summary": "屋里着火后没有住处",
            "description": "昨天厨房起火，东西都烧了，我叫李秀英，电话13812345678",
            "area": Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", "石桥村3组"),
            "applicant": Person("李秀英", "138 1234 5678", "430524195003120028"),
        }
        return NewTicket(**fields | changes)

    return make
