"""A desk, conversations and both listeners on one real database, for the talk about one's own ticket."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import HELP_FORM, OWN_TICKET_FORM
from actions.help_form import ValidateHelpForm
from actions.intake import Intake
from actions.own_ticket import ActionOwnTicket, ValidateOwnTicketForm
from actions.parts import Parts
from actions.ticket_talk import TicketTalk
from api.chat.attempts import Attempts
from api.chat.engine import _fold
from api.chat.model import Context, EngineReply, Outcome, Reply
from api.chat.open_forms import SqlOpenForms
from api.chat.own_ticket import OwnTicket
from api.chat.stand_in import StandIn
from api.chat.store import ConversationStore
from api.database import open_database
from knowledge.errors import KnowledgeError
from tests.postgres import PostgresServer, postgres_server  # noqa: F401
from tickets import open_desk
from tickets.model import Actor, Area, Category, NewTicket, Person, Role, Ticket, Urgency
from tickets.places import resolve_place
from tickets.privacy import Sealer

DISPATCHER, OFFICE = Actor("002", Role.DISPATCHER), Actor("隆回县民政局", Role.OFFICE)
AGENT, SUPERVISOR = Actor("017", Role.DESK), Actor("001", Role.SUPERVISOR)
PHONE = "13812345678"
HOME = Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", "石桥村3组")


class NoKnowledge:
    """No policy text is asked for here."""

    def names_article(self, text):
        return False

    def answer(self, text, **how):
        raise KnowledgeError("there is no index")


class House:
    """A desk and conversations on one real database; `now` moves only when told to."""

    def __init__(self, address: str) -> None:
        self.now = datetime(2026, 3, 12, 1, tzinfo=UTC)  # Thursday, 09:00 in Beijing
        self.engine, sealer = open_database(address), Sealer(b"k" * 32)
        self.desk = open_desk(self.engine, sealer, clock=lambda: self.now)
        self.store = ConversationStore(self.engine, sealer, lambda: self.now)
        forms = SqlOpenForms(self.engine, sealer, lambda: self.now)
        intake = Intake(self.desk, forms, resolve_place, lambda: self.now)
        talk = TicketTalk(self.desk, forms, intake, self.store.own_tickets, self.store.times_said)
        self.turns = Attempts()
        self.parts = Parts(NoKnowledge(), self.desk, intake, forms, self.turns, self.store.own_tickets, talk)
        self.stand_in = StandIn(None, intake, talk)

    def file(self, **changes) -> Ticket:
        fields = {
            "category": Category.TEMPORARY,
            "urgency": Urgency.NORMAL,
            "summary": "房子被火烧了",
            "description": "房子被火烧了",
            "area": HOME,
            "applicant": Person("李秀英", PHONE),
        }
        return self.desk.file(NewTicket(**fields | changes))

    def at_the_office(self, ticket: Ticket) -> None:
        self.desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="隆回县民政局")

    def answered(self, ticket: Ticket) -> None:
        self.desk.move(ticket.number, "answer_directly", actor=SUPERVISOR, reason="已电话答复")

    def archived(self, ticket: Ticket) -> None:
        self.answered(ticket)
        for step in ("follow_up", "archive"):
            self.desk.move(ticket.number, step, actor=AGENT)


class Chat:
    """One conversation; each message comes with the intent that the classifier gave it."""

    def __init__(self, house: House, owns: Ticket | None = None) -> None:
        self.house = house
        self.id = house.store.open("430000", Reply("您好"))[0].id
        if owns:
            self._turn("确认", lambda _: EngineReply((Reply("登记好了"),), Outcome.TICKET_FILED, owns.number))

    def says(self, text: str, intent: str = "inform") -> EngineReply:
        """What Rasa would be answered by the actions, after the gateway's own buttons."""
        return self._turn(text, lambda message: self._buttons(message) or self._rasa(message, intent))

    def puts_right(self, text: str, intent: str) -> EngineReply:
        """What the help form makes of a message that would begin a request."""
        return self._turn(text, lambda message: self._run(ValidateHelpForm, message, intent))

    def says_without_rasa(self, text: str) -> EngineReply:
        return self._turn(text, lambda message: self._buttons(message) or self._stand_in(message))

    @property
    def open_form(self):
        return self.house.parts.forms.get(self.id)

    def _turn(self, text, answer):
        message, _ = self.house.store.take_in(self.id, text, None)
        with self.house.turns.attempt(message.id):
            answered = answer(message)
        self.house.store.finish_turn(message, answered)
        return answered

    def _buttons(self, message):
        conversation = next(c for c, _, _ in self.house.store.latest() if c.id == self.id)
        return OwnTicket(self.house.store, self.house.desk).reply(conversation, message)

    def _rasa(self, message, intent):
        form = self.open_form
        validators = {OWN_TICKET_FORM: ValidateOwnTicketForm, HELP_FORM: ValidateHelpForm}
        kind = validators[form.name] if form else ActionOwnTicket
        return self._run(kind, message, intent)

    def _run(self, kind, message, intent):
        heard = {
            "text": message.text,
            "intent": {"name": intent, "confidence": 0.9},
            "metadata": {"conversation_id": self.id, "message_id": message.id, "region": "430000"},
        }
        tracker = Tracker(message.id, {}, heard, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        self.events = asyncio.run(kind(self.house.parts).run(dispatcher, tracker, {}))
        if not dispatcher.messages:
            return EngineReply((Reply("（别的规则来答）"),), Outcome.SMALLTALK)
        return _fold(dispatcher.messages)

    def _stand_in(self, message):
        form = self.open_form
        context = Context(self.id, message.id, "430000", form=form and form.name, asked=form and form.asked)
        return self.house.stand_in.reply(message.text, context)


def told(reply: EngineReply) -> str:
    return "\n".join(one.text for one in reply.replies)


def payloads(reply: EngineReply) -> list[str]:
    return [button.payload for one in reply.replies for button in one.buttons]


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """An empty one on each of the two databases."""
    address = f"sqlite:///{tmp_path / 'hotline.db'}"
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        address = postgres.address(postgres.new_database())
    made = House(address)
    yield made
    made.engine.dispose()
