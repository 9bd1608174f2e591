"""Data of a hotline without its processes: tickets, conversations, open forms, questions, all sealed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from actions.forms import HELP_FORM, OpenForm
from api.chat.model import EngineReply, Outcome, Reply
from api.chat.open_forms import SqlOpenForms, open_forms
from api.chat.store import ConversationStore
from api.database import open_database
from api.parts import sealer_from
from api.settings import Settings
from api.unanswered.store import UnansweredStore
from tests.postgres import PostgresServer
from tickets import open_desk
from tickets.model import Actor, Area, Category, NewTicket, Person, Role, Ticket, Urgency

AGENT = Actor("017", Role.DESK)
PHONE, ID_NUMBER, NAME, DOOR = "13812345678", "430524195003120028", "李秀英", "石桥村3组"
WORDS = "昨天厨房起火，我叫李秀英，电话13812345678"


class Filled:
    """Opens the real stores on a data folder; `now` moves only when told to."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.settings = Settings(data_dir=folder, database_url=database_url)
        self.now = datetime(2026, 3, 12, 1, tzinfo=UTC)
        self.sealer = sealer_from(self.settings)
        self.engine = open_database(self.settings.database_address)
        self.desk = open_desk(self.engine, self.sealer, clock=lambda: self.now)
        self.conversations = ConversationStore(self.engine, self.sealer, lambda: self.now)
        self.forms = SqlOpenForms(self.engine, self.sealer, lambda: self.now)
        self.questions = UnansweredStore(self.engine, self.sealer, lambda: self.now)

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)

    def talk(self, *words: str, outcome: Outcome = Outcome.INTAKE, ticket: str | None = None) -> str:
        """A conversation with these words, each answered, and a form left open with them; gives its id."""
        conversation, self.token, _ = self.conversations.open("430000", Reply("您好"))
        for said in words:
            message, _ = self.conversations.take_in(conversation.id, said, None)
            self.conversations.finish_turn(message, EngineReply((Reply("记下了"),), outcome, ticket), None)
            self.forms.put(
                conversation.id, OpenForm(HELP_FORM, "place", {"said": words}, message.id, "heard")
            )
        return conversation.id

    def open_forms(self) -> dict[str, OpenForm | None]:
        """The forms left open, by conversation."""
        with self.engine.connect() as db:
            known = db.execute(select(open_forms.c.conversation_id)).scalars().all()
        return {conversation_id: self.forms.get(conversation_id) for conversation_id in known}

    def file(self, conversation_id: str | None = None, **changes) -> Ticket:
        fields = {
            "category": Category.TEMPORARY,
            "urgency": Urgency.NORMAL,
            "summary": WORDS,
            "description": WORDS,
            "area": Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", DOOR),
            "applicant": Person(NAME, PHONE, ID_NUMBER),
            "beneficiary": "李大山",
            "relation": "父亲",
            "conversation_id": conversation_id,
            "triage": (WORDS,),
        }
        return self.desk.file(NewTicket(**fields | changes))

    def withdraw(self, number: str) -> Ticket:
        return self.desk.move(number, "withdraw", actor=AGENT, reason="李秀英说不用了")


@pytest.fixture(params=["sqlite", "postgresql"], name="house")
def filled_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Filled]:
    """An empty one on each of the two databases."""
    url = None
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        url = postgres.address(postgres.new_database())
    house = Filled(tmp_path, url)
    yield house
    house.engine.dispose()
