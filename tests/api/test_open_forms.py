"""登记到一半的求助存在数据库里：密文，一段对话至多一份，两种数据库上都一样。"""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from actions.forms import HELP_FORM, OpenForm
from api.chat.open_forms import open_forms
from tests.api.filled import NAME, PHONE, WORDS, Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.errors import Unreadable
from tickets.keyring import new_key
from tickets.privacy import Sealer

CONTENT = {"matter": WORDS, "person": {"name": NAME, "phone": PHONE}, "skipped": ["id_number"], "elder": True}
HALF_TOLD = OpenForm(HELP_FORM, "place", CONTENT, "m_1", "noted")


@pytest.fixture
def conversation(house: Filled) -> str:
    """One in which nothing was asked for yet."""
    conversation = house.talk("你好")
    house.forms.close(conversation)
    return conversation


def test_a_form_comes_back_as_it_was_put(house: Filled, conversation: str):
    house.forms.put(conversation, HALF_TOLD)

    form = house.forms.get(conversation)

    assert form == OpenForm(HELP_FORM, "place", CONTENT, "m_1", "noted", house.now)


def test_it_is_there_for_every_process_and_after_a_restart(house: Filled, conversation: str):
    """Rasa、顶班的、重启后的新进程，看到的是同一份。"""
    house.forms.put(conversation, HALF_TOLD)

    restarted = Filled(house.settings.data_dir, house.settings.database_url)

    assert restarted.forms.get(conversation) == house.forms.get(conversation)
    restarted.engine.dispose()


def test_the_newest_takes_the_place_of_what_was_there(house: Filled, conversation: str):
    house.forms.put(conversation, HALF_TOLD)
    house.forward(minutes=5)

    house.forms.put(conversation, OpenForm("another_form", "tail", {}, "m_2", ""))

    assert house.open_forms() == {conversation: OpenForm("another_form", "tail", {}, "m_2", "", house.now)}


def test_when_it_last_changed_is_the_stores_to_say(house: Filled, conversation: str):
    """保存期限从这一刻算起，不由别人填。"""
    yesterday = house.now - timedelta(days=1)

    house.forms.put(conversation, OpenForm(HELP_FORM, "place", updated_at=yesterday))

    form = house.forms.get(conversation)
    assert form and form.updated_at == house.now


def test_a_closed_form_is_gone_and_closing_again_does_nothing(house: Filled, conversation: str):
    other = house.talk(WORDS)
    house.forms.put(conversation, HALF_TOLD)

    house.forms.close(conversation)
    house.forms.close(conversation)

    assert house.forms.get(conversation) is None
    assert set(house.open_forms()) == {other}


def test_where_no_form_was_opened_there_is_none(house: Filled, conversation: str):
    assert house.forms.get(conversation) is None
    assert house.forms.get("c_nobody") is None


def test_a_form_needs_its_conversation(house: Filled):
    """没有这段对话，就不留下没人管的个人信息。"""
    with pytest.raises(IntegrityError):
        house.forms.put("c_nobody", HALF_TOLD)

    assert house.open_forms() == {}


def test_no_word_of_it_lies_open_in_the_database(house: Filled, conversation: str):
    house.forms.put(conversation, HALF_TOLD)

    with house.engine.connect() as db:
        row = db.execute(select(open_forms)).one()

    kept = json.dumps([str(value) for value in row], ensure_ascii=False)
    for secret in (NAME, PHONE, WORDS, "起火", "elder"):
        assert secret not in kept and json.dumps(secret)[1:-1] not in kept
    assert json.loads(house.sealer.open(row.content_sealed)) == CONTENT
    with pytest.raises(Unreadable):
        Sealer(new_key().secret).open(row.content_sealed)
