"""Everything the api process works with, put together from the settings in one place."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Engine

from actions.intake import Intake
from actions.parts import Parts
from actions.ticket_talk import TicketTalk
from api.accounts.single_sign_on import SingleSignOn
from api.accounts.store import AccountStore
from api.accounts.throttle import SignIns
from api.chat.attempts import Attempts
from api.chat.breaker import GuardedEngine, State
from api.chat.crisis import CrisisDesk
from api.chat.danger import DangerScreen, danger_phrases
from api.chat.engine import DialogueEngine, RasaEngine
from api.chat.events import Wakeups
from api.chat.feedback import FeedbackStore
from api.chat.filed_by_agent import FiledByAgent
from api.chat.gateway import ChatGateway
from api.chat.hand_over import HandOver, open_hand_over
from api.chat.live import LiveNews
from api.chat.looks import Looks
from api.chat.news_watch import NewsWatch
from api.chat.notes import NoteStore
from api.chat.open_forms import SqlOpenForms
from api.chat.queue_look import QueueLook
from api.chat.stand_in import StandIn
from api.chat.store import ConversationStore
from api.chat.ticket_news import TicketNews
from api.database import open_database
from api.editing.desk import EditingDesk, open_editing
from api.erasure import Erasure
from api.figures.opening import open_figures
from api.figures.service import Figures
from api.filling.calls import CallStore
from api.filling.outlook import Prospects
from api.parts import (
    erasure_from,
    open_knowledge_from,
    sealer_from,
    session_limits_from,
    single_sign_on_from,
)
from api.protection.bucket import Places
from api.protection.guesses import Guesses
from api.settings import Settings
from api.suggestions.canned import OWN_CANNED, load_canned
from api.suggestions.service import Suggestions
from api.unanswered.store import UnansweredStore
from knowledge.normalisation import searchable
from knowledge.service import KnowledgeBase
from tickets import OWN_OFFICES, office_limits, open_desk, open_reminders
from tickets.case_http import HttpSender
from tickets.case_system_table import CaseSystemTable
from tickets.case_systems import OWN_CASE_SYSTEMS
from tickets.deliveries import Deliveries
from tickets.dispatcher import Dispatcher, open_dispatcher
from tickets.drops import Drops
from tickets.limits import Limits
from tickets.lists import TicketLists
from tickets.places import resolve_place
from tickets.profiles import OWN_PROFILES
from tickets.repeats import load_repeat_rule
from tickets.routing import Offices, load_offices
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
    ticket_lists: TicketLists
    limits: Limits
    offices: Offices
    knowledge: KnowledgeBase
    accounts: AccountStore
    sign_ins: SignIns
    single_sign_on: SingleSignOn | None
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
    live: LiveNews
    notes: NoteStore
    looks: Looks
    case_systems: CaseSystemTable
    status_updates: StatusUpdates
    deliveries: Deliveries
    guesses: Guesses
    suggestions: Suggestions
    danger: DangerScreen
    calls: CallStore
    prospects: Prospects
    filed_by_agent: FiledByAgent
    turns: Places
    editing: EditingDesk
    figures: Figures
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
    wakeups, queue_look = Wakeups(), QueueLook(database)
    own_systems = settings.data_dir / OWN_CASE_SYSTEMS
    own_table = CaseSystemTable(own_systems)
    sender = HttpSender(utc_now, settings.data_dir / OWN_PROFILES)
    dispatcher = open_dispatcher(own_systems, database, sealer, sender)
    erasure = erasure_from(settings, database)
    accounts = AccountStore(database, utc_now, session_limits_from(settings))
    hand_over = open_hand_over(
        conversations,
        settings.data_dir,
        announce=wakeups.announce,
        at_work=lambda agent: accounts.at_work(agent) is not None,
        max_chars=settings.max_message_chars,
    )
    danger = DangerScreen(danger_phrases(), searchable)
    gateway = ChatGateway(
        conversations,
        desk,
        engine,
        stand_in,
        danger,
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
        ticket_lists=TicketLists(database, sealer),
        limits=office_limits(settings.data_dir),
        offices=load_offices(settings.data_dir / OWN_OFFICES, settings.region),
        knowledge=knowledge,
        accounts=accounts,
        sign_ins=SignIns(),
        single_sign_on=single_sign_on_from(settings, accounts, sealer),
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
        live=LiveNews(wakeups, queue_look, queue_look.since),
        notes=NoteStore(database, sealer, utc_now),
        looks=Looks(database, utc_now),
        case_systems=own_table,
        status_updates=StatusUpdates(
            database, sealer, office_limits(settings.data_dir), utc_now, TicketNews(sealer, utc_now).tell
        ),
        deliveries=Deliveries(database),
        guesses=guesses,
        danger=danger,
        calls=CallStore(database, sealer, utc_now),
        prospects=Prospects(
            desk,
            office_limits(settings.data_dir),
            load_offices(settings.data_dir / OWN_OFFICES, settings.region),
            load_repeat_rule(),
            utc_now,
        ),
        filed_by_agent=FiledByAgent(database, sealer, utc_now, wakeups.announce),
        suggestions=Suggestions(
            knowledge,
            conversations,
            danger,
            load_canned(settings.data_dir / OWN_CANNED),
            database,
            sealer,
            utc_now,
        ),
        turns=Places(ANSWERED_AND_WAITING),
        editing=open_editing(settings, database, sealer, knowledge),
        figures=open_figures(settings, database, UnansweredStore(database, sealer, utc_now), knowledge),
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
