"""Everything the api process works with, put together from the settings in one place."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Engine

from actions.intake import Intake
from actions.parts import Parts
from actions.ticket_talk import TicketTalk
from api.accounts.store import AccountStore
from api.chat.attempts import Attempts
from api.chat.breaker import GuardedEngine, State
from api.chat.crisis import CrisisDesk
from api.chat.danger import DangerScreen, danger_phrases
from api.chat.engine import DialogueEngine, RasaEngine
from api.chat.events import Wakeups
from api.chat.feedback import FeedbackStore
from api.chat.gateway import ChatGateway
from api.chat.hand_over import HandOver, open_hand_over
from api.chat.news_watch import NewsWatch
from api.chat.open_forms import SqlOpenForms
from api.chat.stand_in import StandIn
from api.chat.store import ConversationStore
from api.chat.ticket_news import TicketNews
from api.database import open_database
from api.erasure import Erasure
from api.parts import erasure_from, open_knowledge_from, sealer_from
from api.protection.bucket import Places
from api.protection.guesses import Guesses
from api.settings import Settings
from api.unanswered.store import UnansweredStore
from knowledge.normalisation import searchable
from knowledge.service import KnowledgeBase
from tickets import office_limits, open_desk, open_reminders
from tickets.case_http import HttpSender
from tickets.case_system_table import CaseSystemTable
from tickets.case_systems import OWN_CASE_SYSTEMS
from tickets.deliveries import Deliveries
from tickets.dispatcher import Dispatcher, open_dispatcher
from tickets.drops import Drops
from tickets.places import resolve_place
from tickets.profiles import OWN_PROFILES
from tickets.scheduler import Scheduler
from tickets.service import Desk, utc_now
from tickets.status_updates import StatusUpdates

log = structlog.get_logger()

REMINDERS_EVERY = timedelta(seconds=30)
RETENTION_EVERY = timedelta(days=1)
HAND_OVER_EVERY = timedelta(seconds=15)
DROPS_EVERY = timedelta(minutes=1)
NEWS_EVERY = timedelta(seconds=1.5)
# Messages of one conversation at once: one is being answered, one may wait its turn.
ANSWERED_AND_WAITING = 2


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
    feedback: FeedbackStore
    erasure: Erasure
    forms: SqlOpenForms
    attempts: Attempts
    intake: Intake
    ticket_talk: TicketTalk
    engine: DialogueEngine
    gateway: ChatGateway
    hand_over: HandOver
    wakeups: Wakeups
    case_systems: CaseSystemTable
    status_updates: StatusUpdates
    deliveries: Deliveries
    guesses: Guesses
    turns: Places
    chores: tuple[Scheduler | Dispatcher, ...]

    @property
    def breaker(self) -> str:
        """The state of the breaker before the engine; the stand-in needs none."""
        return self.engine.state if isinstance(self.engine, GuardedEngine) else State.CLOSED

    @property
    def action_parts(self) -> Parts:
        return Parts(
            self.knowledge,
            self.desk,
            self.intake,
            self.forms,
            self.attempts,
            self.conversations.own_tickets,
            self.ticket_talk,
        )


def open_service(settings: Settings) -> Service:
    """Everything at once, for the api process."""
    sealer = sealer_from(settings)
    database = open_database(settings.database_address)
    desk = open_desk(database, sealer, own=settings.data_dir, home=settings.region)
    knowledge = open_knowledge_from(settings)
    conversations = ConversationStore(database, sealer, utc_now)
    forms, attempts = SqlOpenForms(database, sealer, utc_now), Attempts()
    intake = Intake(desk, forms, resolve_place, utc_now)
    guesses = Guesses(settings.progress_tries)
    ticket_talk = TicketTalk(
        desk, forms, intake, conversations.own_tickets, conversations.times_said, guesses
    )
    stand_in = StandIn(knowledge, intake, ticket_talk)
    rasa = settings.rasa_url and RasaEngine(settings.rasa_url, settings.rasa_timeout, settings.rasa_token)
    engine: DialogueEngine = GuardedEngine(rasa) if rasa else stand_in
    wakeups = Wakeups()
    own_systems = settings.data_dir / OWN_CASE_SYSTEMS
    own_table = CaseSystemTable(own_systems)
    sender = HttpSender(utc_now, settings.data_dir / OWN_PROFILES)
    dispatcher = open_dispatcher(own_systems, database, sealer, sender)
    erasure = erasure_from(settings, database)
    accounts = AccountStore(database, utc_now)
    hand_over = open_hand_over(
        conversations,
        settings.data_dir,
        announce=wakeups.announce,
        at_work=lambda agent: accounts.at_work(agent) is not None,
        max_chars=settings.max_message_chars,
    )
    gateway = ChatGateway(
        conversations,
        desk,
        engine,
        stand_in,
        DangerScreen(danger_phrases(), searchable),
        CrisisDesk(desk, intake),
        intake,
        attempts,
        max_chars=settings.max_message_chars,
        announce=wakeups.announce,
        hand_over=hand_over,
    )
    return Service(
        settings=settings,
        database=database,
        desk=desk,
        knowledge=knowledge,
        accounts=accounts,
        conversations=conversations,
        unanswered=UnansweredStore(database, sealer, utc_now),
        feedback=FeedbackStore(database, sealer, utc_now),
        erasure=erasure,
        forms=forms,
        attempts=attempts,
        intake=intake,
        ticket_talk=ticket_talk,
        engine=engine,
        gateway=gateway,
        hand_over=hand_over,
        wakeups=wakeups,
        case_systems=own_table,
        status_updates=StatusUpdates(
            database, sealer, office_limits(settings.data_dir), utc_now, TicketNews(sealer, utc_now).tell
        ),
        deliveries=Deliveries(database),
        guesses=guesses,
        turns=Places(ANSWERED_AND_WAITING),
        chores=(
            *((dispatcher,) if settings.dispatcher == "api" else ()),
            Scheduler("hand_over", hand_over.tidy, HAND_OVER_EVERY),
            Scheduler("news", NewsWatch(database, wakeups).look, NEWS_EVERY),
            Scheduler(
                "drops",
                Drops(
                    database, sealer, own_table.systems, utc_now, settings.data_dir / OWN_PROFILES
                ).run_once,
                DROPS_EVERY,
            ),
            Scheduler(
                "reminders",
                open_reminders(database, sealer, own=settings.data_dir).run_once,
                REMINDERS_EVERY,
            ),
            Scheduler("retention", partial(_apply_retention, erasure), RETENTION_EVERY),
        ),
    )


def _apply_retention(erasure: Erasure) -> None:
    log.info("retention_applied", **erasure.apply_retention(utc_now()))
