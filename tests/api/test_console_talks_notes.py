"""内部备注和“谁在看”：密封、改不了、跟着对话一起删；换钥匙、两种数据库都一样。"""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from api.chat.errors import UnknownConversation
from api.chat.looks import LOOKS_FOR, Looks
from api.chat.model import Reply, Role
from api.chat.notes import MAX_NOTE_CHARS, NoteStore, private_notes
from api.erasure import Erasure
from api.resealing import reseal
from tests.api.filled import Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.keyring import new_key, put_in_front
from tickets.retention import load_retention

WORDS = "她丈夫可能在旁边，电话13812345678"


@pytest.fixture
def notes(house: Filled) -> NoteStore:
    return NoteStore(house.engine, house.sealer, lambda: house.now)


@pytest.fixture
def looks(house: Filled) -> Looks:
    return Looks(house.engine, lambda: house.now)


def opened(house: Filled) -> str:
    return house.conversations.open("430000", Reply("您好"))[0].id


def test_notes_are_kept_in_order_with_author_and_time(house: Filled, notes: NoteStore):
    conversation = opened(house)
    notes.add(conversation, "007", "第一条")
    house.forward(minutes=1)
    notes.add(conversation, "008", " 第二条 ")

    assert [(n.author, n.text) for n in notes.of(conversation)] == [("007", "第一条"), ("008", "第二条")]
    assert notes.of(conversation)[-1].at == house.now


def test_a_note_is_neither_read_in_the_database_nor_changed_there(house: Filled, notes: NoteStore):
    """库里只有密文；改字、改人、改时间、删掉，数据库都不让。"""
    conversation = opened(house)
    notes.add(conversation, "007", WORDS)

    with house.engine.connect() as db:
        assert "13812345678" not in str(db.execute(select(private_notes)).all())
    for statement in (
        update(private_notes).values(author="008"),
        update(private_notes).values(at=house.now),
        delete(private_notes),
    ):
        with pytest.raises(DBAPIError, match="append-only"), house.engine.begin() as db:
            db.execute(statement)


def test_a_note_of_nothing_is_none_and_a_too_long_one_is_cut(house: Filled, notes: NoteStore):
    conversation = opened(house)
    notes.add(conversation, "007", "  ")
    notes.add(conversation, "007", "长" * (MAX_NOTE_CHARS + 1))

    assert [len(note.text) for note in notes.of(conversation)] == [MAX_NOTE_CHARS]


def test_no_note_hangs_on_a_conversation_that_is_not_there(notes: NoteStore):
    with pytest.raises(UnknownConversation):
        notes.add("c_nobody", "007", WORDS)


def test_notes_and_looks_go_with_the_conversation(house: Filled, notes: NoteStore, looks: Looks):
    """群众删除对话、到期清理：备注和谁看过都一起没了。"""
    erasure = Erasure(house.engine, house.sealer, load_retention())
    by_her, by_time = opened(house), opened(house)
    for conversation in (by_her, by_time):
        notes.add(conversation, "007", WORDS)
        looks.note(conversation, "007", 1, looks.at(conversation))

    erasure.erase_talk(by_her, at=house.now, told="已删除")
    house.forward(days=4000)
    assert erasure.apply_retention(house.now)["conversation_without_ticket"] == 2

    for conversation in (by_her, by_time):
        assert notes.of(conversation) == [] and looks.at(conversation) == []


def test_a_new_key_seals_notes_anew(house: Filled, notes: NoteStore):
    conversation = opened(house)
    notes.add(conversation, "007", WORDS)
    put_in_front(house.settings.key_path, new_key())

    done = reseal(house.engine, house.sealer)

    assert done.rows["private_notes"] == 1
    assert notes.of(conversation)[0].text == WORDS


def test_a_page_that_is_not_heard_of_any_more_counts_as_closed(house: Filled, looks: Looks):
    conversation = opened(house)
    assert looks.note(conversation, "007", 3, looks.at(conversation))
    assert not looks.note(conversation, "007", 3, looks.at(conversation))
    assert [look.open for look in looks.at(conversation)] == [True]

    house.forward(seconds=LOOKS_FOR.total_seconds() + 1)
    assert [look.open for look in looks.at(conversation)] == [False]

    assert looks.note(conversation, "007", 3, looks.at(conversation))
    looks.left(conversation, "007")
    assert [look.open for look in looks.at(conversation)] == [False]


def test_what_was_read_once_stays_read(house: Filled, looks: Looks):
    """已读只增不减：另一个窗口停在旧消息上，也不会把已读变回未读。"""
    conversation = opened(house)
    for _ in range(3):
        house.conversations.say(conversation, Role.CITIZEN, Reply("在吗"))
    last = house.conversations.transcript(conversation)[-1].seq
    assert looks.unread("007", [conversation]) == {conversation: 3}

    looks.note(conversation, "007", last, looks.at(conversation))
    house.forward(seconds=20)
    looks.note(conversation, "007", last - 2, looks.at(conversation))

    assert looks.unread("007", [conversation]) == {}
    assert looks.unread("008", [conversation]) == {conversation: 3}
