"""Everything the api process works with, put together from the settings in one place."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Engine

from actions.parts import Parts
from api.accounts.store import AccountStore
from api.chat.crisis import CrisisDesk
from api.chat.danger import DangerScreen, danger_phrases
from api.chat.engine import DialogueEngine, RasaEngine
from api.chat.events import Wakeups
from api.chat.gateway import ChatGateway
from api.chat.stand_in import StandIn
from api.chat.store import ConversationStore
from api.database import open_database
from api.erasure import Erasure
from api.parts import erasure_from, open_knowledge_from, sealer_from
from api.settings import Settings
from api.unanswered.store import UnansweredStore
from knowledge.normalisation import searchable
from knowledge.service import KnowledgeBase
from tickets import open_desk, open_reminders
from tickets.places import resolve_place
from tickets.scheduler import Scheduler
from tickets.service import Desk, utc_now

log = structlog.get_logger()

REMINDERS_EVERY = timedelta(seconds=30)
RETENTION_EVERY = timedelta(days=1)


@dataclass(frozen=True)
class Service:
    """Everything the api process works with."""

    settings: Settings
    database: Engine
    desk: Desk
    knowledge: KnowledgeBase
    accounts: AccountStore
    conversations: ConversationStore
    unanswered: UnansweredStore
    engine: DialogueEngine
    gateway: ChatGateway
    wakeups: Wakeups
    chores: tuple[Scheduler, ...]

    @property
    def action_parts(self) -> Parts:
        return Parts(self.knowledge, self.desk, resolve_place)


def open_service(settings: Settings) -> Service:
    """Everything at once, for the api process."""
    sealer = sealer_from(settings)
    database = open_database(settings.database_address)
    desk = open_desk(database, sealer, own=settings.data_dir, home=settings.region)
    knowledge = open_knowledge_from(settings)
    conversations = ConversationStore(database, sealer, utc_now)
    stand_in = StandIn(conversations, knowledge, desk, resolve_place)
    engine: DialogueEngine = (
        RasaEngine(settings.rasa_url, settings.rasa_timeout, settings.rasa_token)
        if settings.rasa_url
        else stand_in
    )
    wakeups = Wakeups()
    gateway = ChatGateway(
        conversations,
        desk,
        engine,
        stand_in,
        DangerScreen(danger_phrases(), searchable),
        CrisisDesk(desk, resolve_place),
        max_chars=settings.max_message_chars,
        announce=wakeups.announce,
    )
    return Service(
        settings=settings,
        database=database,
        desk=desk,
        knowledge=knowledge,
        accounts=AccountStore(database, utc_now),
        conversations=conversations,
        unanswered=UnansweredStore(database, sealer, utc_now),
        engine=engine,
        gateway=gateway,
        wakeups=wakeups,
        chores=(
            Scheduler(
                "reminders",
                open_reminders(database, sealer, own=settings.data_dir).run_once,
                REMINDERS_EVERY,
            ),
            Scheduler(
                "retention", partial(_apply_retention, erasure_from(settings, database)), RETENTION_EVERY
            ),
        ),
    )


def _apply_retention(erasure: Erasure) -> None:
    log.info("retention_applied", **erasure.apply_retention(utc_now()))
