"""升级：升级前已经在排队的群众，升级后还在排，危险的还在最前。"""

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, text

from api.chat.hand_over_model import Reason
from api.chat.store import ConversationStore
from api.settings import PROJECT_ROOT
from tickets.privacy import Sealer


def migrate(engine: Engine, revision: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "api/migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)


def test_who_waited_before_the_upgrade_still_waits_and_danger_comes_first(tmp_path: Path):
    engine, sealer = create_engine(f"sqlite:///{tmp_path / 'hotline.db'}"), Sealer(b"k" * 32)
    migrate(engine, "0003")
    with engine.begin() as db:
        for number, owner in (("1", "queue"), ("2", "queue"), ("3", "bot")):
            at = f"2026-11-2{number} 00:00:00"
            db.execute(
                text(
                    "INSERT INTO conversations (id, token_hash, region, owner, created_at, updated_at)"
                    f" VALUES ('c_{number}', 'x', '430000', '{owner}', '{at}', '{at}')"
                )
            )
        db.execute(
            text(
                "INSERT INTO messages"
                " (id, conversation_id, role, sealed_text, citations, buttons, created_at)"
                " VALUES ('m_2', 'c_2', 'citizen', :sealed, '[]', '[]', '2026-11-22 00:00:00')"
            ),
            {"sealed": sealer.seal("救命")},
        )
        db.execute(
            text(
                "INSERT INTO turns (message_id, conversation_id, outcome, owner, finished_at)"
                " VALUES ('m_2', 'c_2', 'crisis', 'queue', '2026-11-22 00:00:00')"
            )
        )

    migrate(engine, "head")

    waiting = ConversationStore(engine, sealer, lambda: datetime.now(UTC)).held.waiting()
    assert [(held.id, held.reason, held.danger) for held in waiting] == [
        ("c_2", Reason.CRISIS, True),
        ("c_1", Reason.ASKED, False),
    ]
    assert waiting[1].queued_at == datetime(2026, 11, 21, tzinfo=UTC)
    migrate(engine, "0003", down=True)
