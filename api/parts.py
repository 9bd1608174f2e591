"""Builds the real parts from the settings: the one place that knows how they fit together."""

from dataclasses import dataclass

from sqlalchemy import Engine

from actions.parts import Parts
from api.accounts.store import AccountStore
from api.chat.danger import DangerScreen, danger_phrases
from api.chat.engine import DialogueEngine, RasaEngine
from api.chat.events import Wakeups
from api.chat.gateway import ChatGateway
from api.chat.stand_in import StandIn
from api.chat.store import ConversationStore
from api.database import open_database
from api.settings import Settings
from knowledge import open_knowledge
from knowledge.normalisation import searchable
from knowledge.service import KnowledgeBase
from tickets import open_desk
from tickets.places import resolve_place
from tickets.privacy import Sealer, load_or_create_key
from tickets.service import Desk, utc_now


@dataclass(frozen=True)
class Service:
    """Everything the api process works with."""

    settings: Settings
    database: Engine
    desk: Desk
    knowledge: KnowledgeBase
    accounts: AccountStore
    conversations: ConversationStore
    engine: DialogueEngine
    gateway: ChatGateway
    wakeups: Wakeups

    @property
    def action_parts(self) -> Parts:
        return Parts(self.knowledge, self.desk, resolve_place)


def open_desk_from(settings: Settings) -> Desk:
    """The ticket desk on the configured database."""
    return open_desk(open_database(settings.database_address), _sealer(settings))


def open_accounts_from(settings: Settings) -> AccountStore:
    """Accounts and keys on the configured database."""
    return AccountStore(open_database(settings.database_address), utc_now)


def open_knowledge_from(settings: Settings) -> KnowledgeBase:
    """The policy library with its newest index, if there is one."""
    return open_knowledge(
        settings.data_dir, embedder_dir=settings.embedder_dir, default_region=settings.region
    )


def open_service(settings: Settings) -> Service:
    """Everything at once, for the api process."""
    sealer = _sealer(settings)
    database = open_database(settings.database_address)
    desk = open_desk(database, sealer)
    knowledge = open_knowledge_from(settings)
    conversations = ConversationStore(database, sealer, utc_now)
    stand_in = StandIn(conversations, knowledge, desk, resolve_place)
    engine: DialogueEngine = (
        RasaEngine(settings.rasa_url, settings.rasa_timeout) if settings.rasa_url else stand_in
    )
    wakeups = Wakeups()
    gateway = ChatGateway(
        conversations,
        desk,
        engine,
        stand_in,
        DangerScreen(danger_phrases(), searchable),
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
        engine=engine,
        gateway=gateway,
        wakeups=wakeups,
    )


def _sealer(settings: Settings) -> Sealer:
    return Sealer(load_or_create_key(settings.key_path))
