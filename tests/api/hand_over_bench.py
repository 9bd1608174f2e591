"""A hotline at noon on a working day, on either database; its engine does what the test says."""

from datetime import UTC, datetime

import pytest

from actions.intake import Intake
from api.chat.attempts import Attempts
from api.chat.crisis import CrisisDesk
from api.chat.danger import DangerScreen, danger_phrases
from api.chat.gateway import ChatGateway
from api.chat.hand_over import open_hand_over
from api.chat.hand_over_model import Reason
from api.chat.model import EngineReply, Outcome, Owner, Reply, Role
from api.chat.open_forms import SqlOpenForms
from knowledge.normalisation import searchable
from tests.api.filled import Filled
from tickets.places import resolve_place

MONDAY_NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)  # 12:00 in Beijing
ANSWER = EngineReply((Reply("可以申请。"),), Outcome.ANSWERED)
NO_EVIDENCE = EngineReply((Reply("没有找到依据。"),), Outcome.NO_EVIDENCE)


class Desk:
    """A hotline at noon on a working day with one agent on duty; its engine does what the test says."""

    def __init__(self, house: Filled) -> None:
        self.house, self.store = house, house.conversations
        house.now = MONDAY_NOON
        self.at_work = {"007", "008"}
        self.announced: list[str] = []
        self.hand_over = open_hand_over(
            self.store,
            house.settings.data_dir,
            announce=self.announced.append,
            at_work=lambda agent: agent in self.at_work,
        )
        self.answer = lambda text, context: ANSWER
        forms = SqlOpenForms(house.engine, house.sealer, lambda: house.now)
        intake = Intake(house.desk, forms, resolve_place, lambda: house.now)
        self.gateway = ChatGateway(
            self.store,
            house.desk,
            self,
            self,
            DangerScreen(danger_phrases(), searchable),
            CrisisDesk(house.desk, intake),
            intake,
            Attempts(),
            max_chars=2000,
            hand_over=self.hand_over,
        )
        self.store.presence.seen("007")

    def reply(self, text, context):
        return self.answer(text, context)

    def ready(self):
        return True

    def citizen(self) -> "Citizen":
        return Citizen(self)

    def forward(self, **step: float) -> None:
        self.house.forward(**step)
        self.store.presence.seen("007")


class Citizen:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        conversation, self.token, _ = desk.gateway.open("430000")
        self.id = conversation.id

    def say(self, text: str):
        return self.desk.gateway.receive(self.id, self.token, text, None)

    def click_person(self):
        return self.desk.gateway.ask_for_person(self.id, self.token)

    @property
    def owner(self) -> Owner:
        return self.desk.store.held.find(self.id).owner

    @property
    def record(self) -> list[tuple[Owner, Owner, str, Reason]]:
        return [
            (each.from_owner, each.to_owner, each.actor, each.reason)
            for each in self.desk.store.owners.changes(self.id)
        ]

    def heard(self) -> list[tuple[Role, str]]:
        return [(m.role, m.text) for m in self.desk.store.transcript(self.id)]


@pytest.fixture(name="desk")
def working_desk(house: Filled) -> Desk:
    return Desk(house)
