"""A real desk on a real SQLite file, with a clock that stands still until it is moved."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from tickets import open_desk
from tickets.model import Area, Category, NewTicket, Person, Urgency
from tickets.privacy import Sealer
from tickets.schema import metadata
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


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    prepare_sqlite(engine)
    metadata.create_all(engine)
    return engine


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
