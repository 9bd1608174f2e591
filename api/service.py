"""Everything the api process works with, put together from the settings in one place."""

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
from api.parts import open_knowledge_from, sealer_from
from api.settings import Settings
from api.unanswered.store import UnansweredStore
from knowledge.normalisation import searchable
from knowledge.service import KnowledgeBase
from tickets import open_desk
from tickets.places import resolve_place
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
    unanswered: UnansweredStore
    engine: DialogueEngine
    gateway: ChatGateway
    wakeups: Wakeups

    @property
    def action_parts(self) -> Parts:
        return Parts(self.knowledge, self.desk, resolve_place)


def open_service(settings: Settings) -> Service:
    """Everything at once, for the api process."""
    sealer = sealer_from(settings)
    database = open_database(settings.database_address)
    desk = open_desk(database, sealer)
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
    )
