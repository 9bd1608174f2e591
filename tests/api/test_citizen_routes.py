"""群众在对话以外能做的：评价、下载、删除、查进度、看繁体字。"""

import json
from datetime import UTC, datetime
from threading import Event, Thread
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import inspect, select
from typer.testing import CliRunner

from api.accounts.model import Role
from api.chat.feedback import message_feedback
from api.chat.model import Owner
from api.chat.tables import messages
from api.commands import app as commands
from api.main import create_app
from api.protection.guesses import Guesses
from api.settings import Settings
from tests.api.filled import Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401

PHONE = "13912345678"
JSON = {"Content-Type": "application/json"}


def say(client, conversation, text: str) -> dict:
    path, headers = conversation
    sent = client.post(f"{path}/messages", content=json.dumps({"text": text}), headers=headers | JSON)
    return sent.raise_for_status().json()


def answer_of(client, conversation) -> dict:
    """An answer that cites something."""
    return next(m for m in say(client, conversation, "低保要符合什么条件")["messages"] if m["citations"])


def ticket_of(client, **changes) -> str:
    from tickets.model import Area, Category, NewTicket, Person, Urgency

    fields = {
        "category": Category.TEMPORARY,
        "urgency": Urgency.NORMAL,
        "summary": "房子被火烧了",
        "description": "房子被火烧了",
        "area": Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", "石桥村"),
        "applicant": Person("石海", PHONE),
    }
    return client.app.state.service.desk.file(NewTicket(**fields | changes)).number


def held_up(gateway, monkeypatch) -> tuple[Event, Event]:
    """Let the engine answer only when told to: (it has been asked, it may answer)."""
    begun, go_on = Event(), Event()
    engine = gateway._engine

    class Slow:
        def reply(self, text, context):
            begun.set()
            go_on.wait(20)
            return engine.reply(text, context)

    monkeypatch.setattr(gateway, "_engine", Slow())
    return begun, go_on


# Feedback


def test_the_last_opinion_of_an_answer_counts_and_its_reason_is_sealed(client, conversation):
    path, headers = conversation
    told = answer_of(client, conversation)

    for opinion in ({"helpful": True}, {"helpful": False, "reason": "看不懂，电话13812345678"}):
        given = client.post(f"{path}/feedback", json={"message_id": told["id"], **opinion}, headers=headers)
        assert (given.status_code, given.content) == (204, b"")

    service = client.app.state.service
    with service.database.connect() as db:
        rows = db.execute(select(message_feedback).where(message_feedback.c.message_id == told["id"])).all()
    assert [row.helpful for row in rows] == [False]
    assert "看不懂" not in rows[0].reason_sealed
    mine = next(each for each in service.feedback.opinions() if each.reason and "看不懂" in each.reason)
    assert PHONE[:3] not in mine.reason and "13812345678" not in mine.reason
    assert mine.articles[0] == (told["citations"][0]["title"], told["citations"][0]["article"])


@pytest.mark.parametrize("whose", ["nobody's", "her own", "another's"])
def test_only_what_the_hotline_said_in_this_conversation_can_be_rated(client, conversation, whose):
    path, headers = conversation
    say(client, conversation, "你好")
    other = client.post("/v1/conversations", json={}).json()
    own = next(
        m
        for m in client.get(f"{path}/messages", headers=headers).json()["messages"]
        if m["role"] == "citizen"
    )
    message = {"nobody's": "m_none", "her own": own["id"], "another's": other["greeting"]["id"]}[whose]

    refused = client.post(f"{path}/feedback", json={"message_id": message, "helpful": True}, headers=headers)

    assert refused.status_code == 404
    assert refused.json()["type"] == "urn:hotline:unknown_message"


def test_a_reason_has_at_most_200_characters(client, conversation):
    path, headers = conversation
    told = answer_of(client, conversation)
    body = {"message_id": told["id"], "helpful": False, "reason": "长" * 201}

    assert client.post(f"{path}/feedback", json=body, headers=headers).status_code == 422


def test_editors_see_which_article_did_not_help_and_why(house: Filled, monkeypatch):
    """按引用的条文数：没帮上忙最多的排在前面。"""
    from api.chat.feedback import FeedbackStore
    from api.chat.model import EngineReply, Outcome, Reply

    cites = {"title": "社会救助暂行办法", "article": "第十一条", "text": "…", "document_no": None}
    conversation, _, _ = house.conversations.open("430000", Reply("您好"))
    store = FeedbackStore(house.engine, house.sealer, lambda: house.now)
    for number, (citations, helpful, reason) in enumerate(
        [((cites,), False, "没说去哪里办"), ((cites,), True, None), ((), False, "答非所问\x1b[31m")]
    ):
        message, _ = house.conversations.take_in(conversation.id, "问", str(number))
        turn = house.conversations.finish_turn(
            message, EngineReply((Reply("答", citations),), Outcome.ANSWERED), None
        )
        store.give(conversation.id, turn.messages[0].id, helpful, reason)
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(house.settings.data_dir))
    if house.settings.database_url:
        monkeypatch.setenv("HOTLINE_DATABASE_URL", house.settings.database_url)

    listed = CliRunner().invoke(commands, ["knowledge", "feedback", "--json"])
    shown = CliRunner().invoke(commands, ["knowledge", "feedback"])

    told = json.loads(listed.stdout)
    assert (told["opinions"], told["helpful"], told["unhelpful"]) == (3, 1, 2)
    by_name = {each["article"]: each for each in told["articles"]}
    assert (by_name["第十一条"]["helpful"], by_name["第十一条"]["unhelpful"]) == (1, 1)
    assert by_name["第十一条"]["reasons"] == ["没说去哪里办"]
    assert "没说去哪里办" in shown.stdout and "没有引用条文" in shown.stdout
    assert "\x1b[31m" not in shown.stdout


# Transcript


def test_the_transcript_tells_who_said_what_when_with_the_sources(client, conversation):
    path, headers = conversation
    told = answer_of(client, conversation)

    file = client.get(f"{path}/transcript.txt", headers=headers)

    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    today = datetime.now(UTC).astimezone(__import__("zoneinfo").ZoneInfo("Asia/Shanghai"))
    name = file.headers["content-disposition"].partition("UTF-8''")[2]
    assert unquote(name) == f"社会救助热线-{today:%Y-%m-%d}.txt"
    assert file.headers["content-disposition"].startswith("attachment;")
    assert "我：\n低保要符合什么条件" in file.text and "AI 助手：" in file.text
    assert f"[{today:%Y-%m-%d}" in file.text
    assert told["citations"][0]["text"] in file.text and told["citations"][0]["article"] in file.text


# Erasure


def test_erasing_leaves_no_word_and_no_key_but_the_tickets(client, conversation, agent):
    """说过的话、凭证都没了；工单有人在办，留下并说出号码；坐席只看到“已删除”。"""
    path, headers = conversation
    number = say(client, conversation, "我老公正拿着刀追着打我")["ticket_number"]

    erased = client.delete(path, headers=headers)

    assert erased.json() == {"erased": True, "kept_tickets": [number]}
    assert client.get(f"{path}/messages", headers=headers).status_code == 404
    assert client.delete(path, headers=headers).status_code == 404
    assert client.get(f"/v1/tickets/{number}", headers=agent).status_code == 200
    seen = client.get(path.replace("/v1/", "/v1/agent/"), headers=agent).json()
    assert seen["conversation"]["owner"] == "closed" and not seen["conversation"]["danger"]
    assert [message["role"] for message in seen["messages"]] == ["system"]
    assert "删除" in seen["messages"][0]["text"]
    assert [change["reason"] for change in seen["owners"]] == ["erased"]
    waiting = client.get("/v1/agent/conversations", headers=agent).json()["conversations"]
    assert path.rpartition("/")[2] not in [each["conversation_id"] for each in waiting]


def test_the_console_shows_that_a_conversation_was_erased(client, conversation):
    path, headers = conversation
    say(client, conversation, "转人工")
    client.delete(path, headers=headers)
    client.app.state.service.accounts.add_user("kanjian", Role.AGENT, "a long enough password")
    session = client.app.state.service.accounts.sign_in("kanjian", "a long enough password")
    browser = TestClient(client.app, cookies={"hotline_session": session})

    shown = browser.get(f"/console/conversations/{path.rpartition('/')[2]}")

    assert shown.status_code == 200
    assert "群众删除了自己的对话" in shown.text and "转人工" not in shown.text


def test_every_table_is_empty_of_an_erased_conversation(house: Filled):
    from api.erasure import Erasure
    from tickets.retention import load_retention

    conversation = house.talk("我叫李秀英", "电话13812345678")
    erasure = Erasure(house.engine, house.sealer, load_retention())

    kept = erasure.erase_talk(conversation, at=house.now, told="已删除")

    assert kept == []
    left = {}
    for table in inspect(house.engine).get_table_names():
        columns = [c["name"] for c in inspect(house.engine).get_columns(table)]
        if "conversation_id" in columns:
            with house.engine.connect() as db:
                query = f"SELECT count(*) FROM {table} WHERE conversation_id = '{conversation}'"
                left[table] = db.exec_driver_sql(query).scalar_one()
    assert {name: n for name, n in left.items() if n} == {"messages": 1, "owner_changes": 1}
    assert house.conversations.held.find(conversation).owner is Owner.CLOSED
    assert [m.text for m in house.conversations.transcript(conversation)] == ["已删除"]


def test_erasing_waits_until_the_answer_that_is_being_made_is_stored(client, conversation, monkeypatch):
    """答复写到一半不删，免得删完又冒出半句话。"""
    service, (path, headers) = client.app.state.service, conversation
    begun, go_on = held_up(service.gateway, monkeypatch)
    talking = Thread(target=say, args=(client, conversation, "低保要符合什么条件"))
    talking.start()
    assert begun.wait(10)
    erasing = Thread(target=client.delete, args=(path,), kwargs={"headers": headers})
    erasing.start()
    erasing.join(0.3)
    assert erasing.is_alive()
    go_on.set()
    talking.join(10)
    erasing.join(10)

    with service.database.connect() as db:
        rows = db.execute(select(messages).where(messages.c.conversation_id == path.rpartition("/")[2])).all()
    assert [row.role for row in rows] == ["system"]


# Waiting turns


def test_one_message_may_wait_and_a_third_is_asked_to_come_again(client, conversation, monkeypatch):
    service, (path, headers) = client.app.state.service, conversation
    begun, go_on = held_up(service.gateway, monkeypatch)
    first = Thread(target=say, args=(client, conversation, "低保要符合什么条件"))
    second = Thread(target=say, args=(client, conversation, "要带什么材料"))
    first.start()
    assert begun.wait(10)
    second.start()
    while service.turns.enter("probe") and service.turns._open.get(path.rpartition("/")[2]) != 2:
        service.turns.leave("probe")
    service.turns.leave("probe")
    third = client.post(f"{path}/messages", json={"text": "还有呢"}, headers=headers)
    go_on.set()
    first.join(20)
    second.join(20)

    assert third.status_code == 429
    assert third.headers["retry-after"] == "2" and "不会丢" in third.json()["detail"]
    said = client.get(f"{path}/messages", headers=headers).json()["messages"]
    assert [m["text"] for m in said if m["role"] == "citizen"] == ["低保要符合什么条件", "要带什么材料"]
    assert say(client, conversation, "还有呢")["messages"]


# Progress


def test_progress_says_what_the_chat_says(client):
    number = ticket_of(client)

    found = client.post("/v1/progress", json={"number": number, "phone_tail": "5678"}).json()

    assert found["number"] == number and number in found["text"]
    assert found["status"] == "accepted" and found["status_words"] in found["text"]
    assert found["office"] in found["text"] and found["due_words"] in found["text"]
    assert (found["late"], found["result"]) == (False, None)


def test_a_number_as_people_write_it_is_understood(client):
    number = ticket_of(client)

    found = client.post("/v1/progress", json={"number": number.replace("-", " "), "phone_tail": "５６７８"})

    assert found.status_code == 200


def test_a_ticket_without_a_phone_shows_status_and_time_only(client):
    from tickets.model import Person

    number = ticket_of(client, applicant=Person("石海"))

    found = client.post("/v1/progress", json={"number": number}).json()

    assert found["status"] == "accepted"
    assert (found["office"], found["result"]) == (None, None)
    assert "临时救助" not in found["text"]


@pytest.fixture
def watched(client, monkeypatch) -> TestClient:
    """The hotline with the throttle that the tests otherwise do without."""
    guesses = Guesses(5)
    monkeypatch.setitem(client.app.state.service.__dict__, "guesses", guesses)
    monkeypatch.setitem(client.app.state.service.ticket_talk.__dict__, "guesses", guesses)
    return client


def test_a_wrong_number_and_a_wrong_tail_get_the_same_answer(watched):
    number = ticket_of(watched)
    bodies = [
        watched.post("/v1/progress", json=asked).json()
        for asked in (
            {"number": number, "phone_tail": "0000"},
            {"number": "20200101-0001-1", "phone_tail": "5678"},
            {"number": "not a number", "phone_tail": "5678"},
        )
    ]

    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["status"] == 404 and "转人工" in bodies[0]["detail"]


def test_after_five_wrong_tails_even_the_right_one_has_to_wait(watched):
    number = ticket_of(watched)
    for tail in range(5):
        watched.post("/v1/progress", json={"number": number, "phone_tail": f"000{tail}"})

    refused = watched.post("/v1/progress", json={"number": number, "phone_tail": "5678"})

    assert refused.status_code == 429
    assert 800 < int(refused.headers["retry-after"]) <= 900
    assert "请等 15 分钟" in refused.json()["detail"]


def test_new_conversations_do_not_give_new_tries(watched):
    """换一段新对话接着猜手机尾号，也只有五次。"""
    number = ticket_of(watched)
    for tail in range(5):
        opened = watched.post("/v1/conversations", json={}).json()
        path = f"/v1/conversations/{opened['conversation_id']}"
        headers = {"Authorization": f"Bearer {opened['token']}"}
        say(watched, (path, headers), f"查进度，工单{number}，手机尾号000{tail}")

    opened = watched.post("/v1/conversations", json={}).json()
    newest = (
        f"/v1/conversations/{opened['conversation_id']}",
        {"Authorization": f"Bearer {opened['token']}"},
    )
    told = say(watched, newest, f"查进度，工单{number}，手机尾号5678")["messages"][-1]["text"]

    assert "次数太多" in told and "石桥" not in told
    assert watched.post("/v1/progress", json={"number": number, "phone_tail": "5678"}).status_code == 429


# Script


def test_who_reads_traditional_characters_is_answered_in_them_and_nothing_else_changes(client):
    opened = client.post("/v1/conversations", json={"script": "hant"}).json()
    conversation = (
        f"/v1/conversations/{opened['conversation_id']}",
        {"Authorization": f"Bearer {opened['token']}"},
    )

    turn = say(client, conversation, "低保要符合什么条件")

    assert "社會救助熱線" in opened["greeting"]["text"]
    told = next(m for m in turn["messages"] if m["citations"])
    assert "會" in told["text"] + told["citations"][0]["text"]
    payloads = [button["payload"] for button in opened["greeting"]["buttons"]]
    assert "我要登记求助" in payloads
    assert [b["title"] for b in opened["greeting"]["buttons"]][1] == "登記求助"
    stored = client.app.state.service.conversations.transcript(opened["conversation_id"])
    assert "社会救助热线" in stored[0].text
    again = client.get(f"{conversation[0]}/messages", headers=conversation[1]).json()["messages"]
    assert again[0]["text"] == opened["greeting"]["text"]
    assert again[1]["text"] == "低保要符合什么条件"
    assert "會" in client.get(f"{conversation[0]}/transcript.txt", headers=conversation[1]).text


@pytest.mark.parametrize("path", ["/", "/plain", "/progress"])
def test_the_pages_speak_traditional_when_asked(client, path: str):
    assert "社會救助熱線" in client.get(f"{path}?script=hant").text
    for address in (path, f"{path}?script=hans", f"{path}?script=latin"):
        assert "社会救助热线" in client.get(address).text


def test_a_script_that_nobody_reads_is_refused(client):
    assert client.post("/v1/conversations", json={"script": "latin"}).status_code == 422


def test_a_conversation_from_before_the_upgrade_is_read_in_simplified(tmp_path):
    from sqlalchemy import create_engine, text

    from tests.api.test_hand_over_migration import migrate

    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    migrate(engine, "0008")
    with engine.begin() as db:
        db.execute(text("INSERT INTO conversations (id, token_hash, region, owner, created_at, updated_at)"
                        " VALUES ('c_1', 'x', '430000', 'bot', '2026-11-20', '2026-11-20')"))  # fmt: skip
    migrate(engine, "head")
    with engine.connect() as db:
        assert db.execute(text("SELECT script FROM conversations")).scalar_one() == "hans"
    migrate(engine, "0008", down=True)


def test_limits_are_settings(tmp_path):
    app = create_app(Settings(data_dir=tmp_path, rasa_url=None, progress_tries=1))
    with TestClient(app) as client:
        asked = {"number": "20200101-0001-1", "phone_tail": "1"}
        assert client.post("/v1/progress", json=asked).status_code == 404
        assert client.post("/v1/progress", json=asked).status_code == 429
