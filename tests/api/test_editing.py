"""草稿：写、提交、另一个人审核、退回、交付发布；谁做了什么都留下。第二人的规矩在库里守。"""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.database import open_database
from api.editing.model import (
    Action,
    AlreadyDrafted,
    Changed,
    Kind,
    ReasonNeeded,
    SecondPersonNeeded,
    State,
    UnknownDraft,
    WrongState,
)
from api.editing.store import DraftStore
from api.erasure import Erasure
from api.resealing import keys_needed, reseal
from tests.postgres import PostgresServer, postgres_server  # noqa: F401
from tickets.keyring import FixedKeys, new_key
from tickets.privacy import Sealer
from tickets.retention import load_retention

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
TEXT = {"title": "甲", "questions": ["问"]}


class House:
    """A database with drafts, and a clock that a test sets."""

    def __init__(self, address: str) -> None:
        self.now = NOON
        self.keys = [new_key()]
        self.sealer = Sealer(FixedKeys(self.keys))
        self.engine: Engine = open_database(address)
        self.drafts = DraftStore(self.engine, self.sealer, lambda: self.now)

    def submitted(self, author: str = "甲", editor: str | None = None):
        draft = self.drafts.create(author, "own-1", Kind.ENTRY, "甲", TEXT)
        if editor:
            draft = self.drafts.save(draft.id, draft.version, editor, "乙", {**TEXT, "answer": "改"})
        return self.drafts.submit(draft.id, draft.version, author)


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "sqlite":
        made = House(f"sqlite:///{tmp_path / 'hotline.db'}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        made = House(server.address(server.new_database()))
    yield made
    made.engine.dispose()


def actions(house: House, draft_id: str) -> list[tuple[str, str]]:
    return [(event.action, event.who) for event in reversed(house.drafts.history(f"draft:{draft_id}"))]


def test_a_draft_goes_from_hand_to_hand_and_the_history_says_who_did_what(house: House):
    draft = house.submitted()
    returned = house.drafts.send_back(draft.id, 1, "乙", "请写明时限")
    saved = house.drafts.save(draft.id, 1, "甲", "甲", {**TEXT, "time_limit": "十日"})
    house.drafts.submit(draft.id, 2, "甲")
    approved = house.drafts.approve(draft.id, 2, "乙", "可以")
    house.drafts.hand_over(approved, "abc", "甲")
    published = house.drafts.settle(house.drafts.find(draft.id), "g1", "system")

    assert (returned.state, saved.state, saved.version) == (State.RETURNED, State.DRAFT, 2)
    assert (approved.state, approved.approved_by) == (State.APPROVED, "乙")
    assert (published.state, published.generation) == (State.PUBLISHED, "g1")
    assert actions(house, draft.id) == [
        ("created", "甲"), ("submitted", "甲"), ("returned", "乙"), ("saved", "甲"), ("submitted", "甲"),
        ("approved", "乙"), ("publishing", "甲"), ("published", "system"),
    ]  # fmt: skip
    noted = [e.note for e in house.drafts.history(f"draft:{draft.id}") if e.note]
    assert noted == ["g1", "可以", "请写明时限"]


@pytest.mark.parametrize("who", ["甲", "乙"])
def test_neither_the_author_nor_the_last_editor_approves(house: House, who: str):
    """起草的、最后改的，都不能审核自己的稿；第三个人可以。"""
    draft = house.submitted("甲", editor="乙")

    with pytest.raises(SecondPersonNeeded):
        house.drafts.approve(draft.id, draft.version, who)

    assert house.drafts.find(draft.id).state == State.SUBMITTED
    assert house.drafts.approve(draft.id, draft.version, "丙").state == State.APPROVED


def test_saving_the_same_text_again_does_not_take_the_authors_part_over(house: House):
    """原样再存一遍，不能把“最后修改的人”换成别人来绕过审核。"""
    draft = house.drafts.create("甲", "own-1", Kind.ENTRY, "甲", TEXT)
    changed = house.drafts.save(draft.id, 1, "乙", "甲", {**TEXT, "answer": "改"})

    again = house.drafts.save(draft.id, 2, "丙", changed.title, dict(changed.content))
    house.drafts.submit(draft.id, 2, "丙")

    assert (again.version, again.edited_by) == (2, "乙")
    with pytest.raises(SecondPersonNeeded):
        house.drafts.approve(draft.id, 2, "乙")


def test_what_is_changed_after_the_approval_must_be_approved_again(house: House):
    """审核通过后偷偷再改：回到草稿。"""
    draft = house.submitted()
    house.drafts.approve(draft.id, 1, "乙")

    changed = house.drafts.save(draft.id, 1, "甲", "甲", {**TEXT, "answer": "发一万元"})

    assert (changed.state, changed.approved_by) == (State.DRAFT, None)
    with pytest.raises(WrongState):
        house.drafts.hand_over(changed, "abc", "甲")


def test_an_approval_of_an_older_text_approves_nothing(house: House):
    """审核的人看的是第一稿，库里已是第二稿。"""
    draft = house.submitted()
    house.drafts.save(draft.id, 1, "甲", "甲", {**TEXT, "answer": "改"})
    house.drafts.submit(draft.id, 2, "甲")

    with pytest.raises(Changed, match="version 2"):
        house.drafts.approve(draft.id, 1, "乙")

    assert house.drafts.find(draft.id).state == State.SUBMITTED


@pytest.mark.parametrize("state", ["draft", "returned", "published", "discarded"])
def test_only_what_was_submitted_can_be_approved(house: House, state: str):
    draft = house.drafts.create("甲", "own-1", Kind.ENTRY, "甲", TEXT)
    if state != "draft":
        house.drafts.submit(draft.id, 1, "甲")
    if state == "returned":
        house.drafts.send_back(draft.id, 1, "乙", "改")
    if state == "discarded":
        house.drafts.discard(draft.id, 1, "甲")
    if state == "published":
        house.drafts.hand_over(house.drafts.approve(draft.id, 1, "丙"), "abc", "甲")
        house.drafts.settle(house.drafts.find(draft.id), "g1", "system")

    with pytest.raises(WrongState) as refused:
        house.drafts.approve(draft.id, 1, "乙")

    assert refused.value.now.state == state


def test_two_who_save_at_once_one_is_told_who_was_faster(house: House):
    draft = house.drafts.create("甲", "own-1", Kind.ENTRY, "甲", TEXT)
    house.drafts.save(draft.id, 1, "乙", "乙的", {**TEXT, "answer": "乙"})

    with pytest.raises(Changed) as refused:
        house.drafts.save(draft.id, 1, "甲", "甲的", {**TEXT, "answer": "甲"})

    assert (refused.value.now.edited_by, refused.value.now.title) == ("乙", "乙的")
    assert house.drafts.find(draft.id).content["answer"] == "乙"


def test_of_ten_who_save_the_same_version_exactly_one_wins(house: House):
    draft = house.drafts.create("甲", "own-1", Kind.ENTRY, "甲", TEXT)
    ended: list[str] = []

    def save(number: int) -> None:
        try:
            house.drafts.save(draft.id, 1, f"人{number}", "乙", {"answer": str(number)})
            ended.append("saved")
        except Changed:
            ended.append("changed")

    threads = [threading.Thread(target=save, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ended) == ["changed"] * 9 + ["saved"]
    assert house.drafts.find(draft.id).version == 2
    assert actions(house, draft.id).count(("saved", house.drafts.find(draft.id).edited_by)) == 1


def test_an_entry_has_one_open_draft_at_a_time(house: House):
    first = house.drafts.create("甲", "own-1", Kind.ENTRY, "甲", TEXT)

    with pytest.raises(AlreadyDrafted) as refused:
        house.drafts.create("乙", "own-1", Kind.OFF, "甲", {"reason": "x"})
    house.drafts.discard(first.id, 1, "甲")

    assert refused.value.draft_id == first.id
    assert house.drafts.create("乙", "own-1", Kind.OFF, "甲", {"reason": "x"}).state == State.DRAFT


def test_what_was_handed_to_the_build_is_neither_changed_nor_given_up(house: House):
    """已经交付发布的稿子，等发布完；不会一边建索引一边变。"""
    draft = house.submitted()
    house.drafts.hand_over(house.drafts.approve(draft.id, 1, "乙"), "abc", "甲")
    attempts: list[Callable[[], object]] = [
        lambda: house.drafts.save(draft.id, 1, "甲", "甲", {"answer": "别的"}),
        lambda: house.drafts.send_back(draft.id, 1, "乙", "等等"),
        lambda: house.drafts.discard(draft.id, 1, "甲"),
        lambda: house.drafts.submit(draft.id, 1, "甲"),
    ]

    for attempt in attempts:
        with pytest.raises(WrongState):
            attempt()

    assert house.drafts.find(draft.id).digest == "abc"


def test_sending_back_needs_words(house: House):
    draft = house.submitted()

    with pytest.raises(ReasonNeeded):
        house.drafts.send_back(draft.id, 1, "乙", "  ")

    assert house.drafts.find(draft.id).state == State.SUBMITTED


@pytest.mark.parametrize("name", ["' OR 1=1 --", "d1", ""])
def test_names_that_are_no_drafts_find_nothing(house: House, name: str):
    house.submitted()

    with pytest.raises(UnknownDraft):
        house.drafts.find(name)


def test_the_words_of_a_citizen_are_sealed_and_resealed_and_forgotten_in_time(house: House):
    """群众原话（已遮盖）加密存放；换钥匙一起换；满一年删掉，草稿还在；发布后立刻删掉。"""
    draft = house.drafts.create("甲", "own-1", Kind.ENTRY, "甲", TEXT, "我妈病了怎么办")
    with house.engine.connect() as db:
        stored = db.exec_driver_sql("SELECT hint_sealed FROM entry_drafts").scalar_one()
    assert "我妈" not in stored
    house.keys.insert(0, new_key())
    house.sealer = Sealer(FixedKeys(house.keys))
    reseal(house.engine, house.sealer)
    assert keys_needed(house.engine) == {house.keys[0].id}
    house.drafts = DraftStore(house.engine, house.sealer, lambda: house.now)
    assert house.drafts.find(draft.id).hint == "我妈病了怎么办"

    Erasure(house.engine, house.sealer, load_retention()).apply_retention(NOON + timedelta(days=366))

    assert (house.drafts.find(draft.id).hint, house.drafts.find(draft.id).title) == (None, "甲")


def test_discarding_forgets_the_words_of_the_citizen(house: House):
    draft = house.drafts.create("甲", "own-1", Kind.ENTRY, "甲", TEXT, "我妈病了怎么办")

    assert house.drafts.discard(draft.id, 1, "甲").hint is None


def test_the_history_keeps_what_was_done_to_documents(house: House):
    house.drafts.note("document:甲法@2020-01-01", Action.TAKEN_OUT, "甲", "失效")

    (event,) = house.drafts.history("document:甲法@2020-01-01")

    assert (event.who, event.action, event.note, event.at) == ("甲", Action.TAKEN_OUT, "失效", NOON)
