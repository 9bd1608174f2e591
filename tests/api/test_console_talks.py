"""工作台里的一段对话：一个人接，别人马上知道；写的字不丢；备注只给自己人看。"""

import re
import threading
from itertools import count

import httpx
import pytest

from api.accounts.model import Role
from tests.api.console_bench import Bench, Browser, Citizen, console_bench  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401

PHONE = "13812345678"
HOSTILE = '<img src=x onerror=alert(1)>"\' hx-get="/console" {{ 7*7 }} ‮ <b>'
_numbers = count()


@pytest.fixture(scope="module")
def one(bench: Bench) -> Browser:
    """An agent, the same one in every test."""
    return bench.agent("坐席甲")


@pytest.fixture(scope="module")
def other(bench: Bench) -> Browser:
    return bench.agent("坐席乙")


@pytest.fixture
def newcomer(bench: Bench) -> Browser:
    """An agent who has no conversation yet."""
    return bench.agent(f"新来的{next(_numbers)}")


def name_of(bench: Bench, browser: Browser) -> str:
    caller = bench.service.accounts.session(browser.http.cookies["hotline_session"])
    assert caller
    return caller.name


def test_of_two_who_take_it_at_once_one_has_it_and_the_other_is_told_who(bench: Bench):
    """两个坐席同时点接手：恰好一个接到，另一个的页面说是谁。"""
    browsers = [bench.agent(f"同时{next(_numbers)}") for _ in range(6)]
    for _ in range(3):
        citizen = bench.citizen("您好", waits=True)
        tokens = [browser.token(citizen) for browser in browsers]
        gate, answers = threading.Barrier(len(browsers)), {}

        def take(browser: Browser, sent: str, citizen=citizen, gate=gate, answers=answers) -> None:
            path = f"/console/conversations/{citizen.id}/take"
            gate.wait()
            answers[name_of(bench, browser)] = browser.http.post(path, data={"sent": sent})

        pairs = zip(browsers, tokens, strict=True)
        threads = [threading.Thread(target=take, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        owner = bench.service.conversations.held.find(citizen.id).agent
        won = [name for name, answer in answers.items() if answer.status_code == 303]
        assert won == [owner]
        lost = [answer for answer in answers.values() if answer.status_code != 303]
        assert [answer.status_code for answer in lost] == [409] * 5
        assert all(f"现在由 {owner} 处理" in answer.text for answer in lost)


def test_the_page_of_who_was_slower_loses_its_controls(bench: Bench, one: Browser, other: Browser):
    """别人接走了：页面收到的是没有接手按钮、没有回复框的新内容。"""
    citizen = bench.citizen("您好", waits=True)
    page = other.talk(citizen)
    assert "接手</button>" in page

    one.post(citizen, "take")
    news = other.news(citizen, page)

    assert (news.headers["HX-Retarget"], news.headers["HX-Reswap"]) == ("#talk", "outerHTML")
    assert f"由 {name_of(bench, one)} 处理" in news.text
    assert "接手</button>" not in news.text and 'name="text"' not in news.text.split('id="about"')[0]


def test_an_open_page_gets_what_is_new_and_nothing_twice(bench: Bench, one: Browser):
    citizen = bench.citizen("第一句")
    one.post(citizen, "take")
    page = one.talk(citizen)
    page = one.news(citizen, page).text or page
    assert one.news(citizen, page).status_code == 204

    citizen.say("第二句")
    news = one.news(citizen, page)

    assert "第二句" in news.text and "第一句" not in news.text
    assert one.news(citizen, news.text).status_code == 204


def test_until_it_is_taken_personal_data_is_masked_everywhere(bench: Bench, one: Browser, other: Browser):
    """接手之前，页面、新消息、列表、备注里都看不到电话。"""
    citizen = bench.citizen(f"我的电话{PHONE}", waits=True)
    other.post(citizen, "notes", text=f"打过{PHONE}")
    page = one.talk(citizen)
    citizen.say(f"再说一遍{PHONE}")
    places = [page, one.news(citizen, page).text, one.http.get("/console").text]
    assert all(PHONE not in place and "138****5678" in place for place in places)

    one.post(citizen, "take")

    assert one.talk(citizen).count(PHONE) >= 3
    assert PHONE not in one.http.get("/console/mine").text
    assert PHONE not in other.talk(citizen)


@pytest.mark.parametrize("part", ["page", "news", "list", "mine", "note", "refusal"])
def test_whatever_a_citizen_writes_stays_words(bench: Bench, one: Browser, other: Browser, part: str):
    """群众的话里有代码：哪里都只是文字，改不了页面。"""
    citizen = bench.citizen("您好", waits=True)
    page = one.talk(citizen)
    citizen.say(HOSTILE)
    if part in ("mine", "refusal"):
        one.post(citizen, "take")
    shown = {
        "page": lambda: one.talk(citizen),
        "news": lambda: one.news(citizen, page).text,
        "list": lambda: one.http.get("/console").text,
        "mine": lambda: one.http.get("/console/mine").text,
        "note": lambda: one.post(citizen, "notes", htmx=True, text=HOSTILE).text,
        "refusal": lambda: other.post(citizen, "messages", text=HOSTILE).text,
    }[part]()

    assert "&lt;img src=x" in shown
    assert "<img src=x" not in shown and 'hx-get="/console" {{' not in shown


def test_a_reply_over_htmx_is_said_once_and_names_the_next_one(bench: Bench, one: Browser):
    citizen = bench.citizen("您好", waits=True)
    one.post(citizen, "take")
    mine = re.findall(r'name="agent_message_id" value="([^"]+)"', one.talk(citizen))[0]

    answers = [
        one.post(citizen, "messages", htmx=True, text="您好，我是值班员", agent_message_id=mine)
        for _ in range(2)
    ]

    assert [answer.headers["HX-Trigger"] for answer in answers] == ['{"hotline:said": ""}'] * 2
    following = [re.findall(r'value="([^"]+)"', answer.text)[0] for answer in answers]
    assert len({mine, *following}) == 3
    assert citizen.reads().count("您好，我是值班员") == 2  # once in the transcript, once in its file


def test_what_was_typed_when_it_was_taken_away_is_shown_to_the_agent(
    bench: Bench, one: Browser, other: Browser
):
    citizen = bench.citizen("您好", waits=True)
    one.post(citizen, "take")

    refused = other.post(citizen, "messages", htmx=True, text="写了一半的话")

    assert refused.status_code == 409
    assert refused.headers["HX-Retarget"] == "#talk"
    assert "写了一半的话" in refused.text and f"由 {name_of(bench, one)} 处理" in refused.text


@pytest.mark.parametrize("what", ["take", "messages", "hand-back", "transfer", "close", "notes"])
def test_a_form_of_another_site_changes_nothing(bench: Bench, one: Browser, what: str):
    citizen = bench.citizen("您好", waits=True)
    before = bench.service.conversations.owners.changes(citizen.id)

    for sent in ("", "forged"):
        refused = one.post(citizen, what, sent=sent, text="代发的话")
        assert refused.status_code == 403 and "已经过期" in refused.text

    assert bench.service.conversations.owners.changes(citizen.id) == before
    assert bench.service.notes.of(citizen.id) == []


@pytest.mark.parametrize("what", ["take", "messages", "transfer", "notes"])
def test_who_only_reads_changes_nothing(bench: Bench, what: str):
    """审计员只能看：页面没有按钮，硬发也不行。"""
    auditor = bench.agent(f"审计{next(_numbers)}", Role.AUDITOR)
    citizen = bench.citizen("您好", waits=True)
    page = auditor.talk(citizen)
    assert "接手</button>" not in page and "/notes" not in page

    assert auditor.post(citizen, what, text="不该有").status_code == 403

    assert bench.service.conversations.held.find(citizen.id).agent is None
    assert bench.service.notes.of(citizen.id) == []


def test_who_reads_no_conversations_sees_none(bench: Bench, one: Browser):
    editor = bench.agent(f"编辑{next(_numbers)}", Role.EDITOR)
    citizen = bench.citizen("只有坐席该看到", waits=True)

    for path in ("", "/mine", f"/conversations/{citizen.id}", f"/conversations/{citizen.id}/news"):
        answer = editor.http.get(f"/console{path}")
        assert answer.status_code == 403 and "只有坐席该看到" not in answer.text
    assert editor.http.get("/console/events").status_code == 403


def test_it_is_passed_on_to_somebody_at_work_who_is_chosen_from_a_list(
    bench: Bench, one: Browser, newcomer: Browser
):
    """转交：从在岗的人里选，看得到每人手上有几段；不在岗的、只能看的不在里面。"""
    gone, auditor = bench.agent(f"下班{next(_numbers)}"), bench.agent(f"审计{next(_numbers)}", Role.AUDITOR)
    gone_name, colleague = name_of(bench, gone), name_of(bench, newcomer)
    reader = name_of(bench, auditor)
    for browser in (gone, auditor, newcomer):
        browser.http.get("/console")
    gone.http.post("/console/logout")
    busy, citizen = bench.citizen("您好", waits=True), bench.citizen("您好", waits=True)
    newcomer.post(busy, "take")
    one.post(citizen, "take")
    page = one.talk(citizen)

    choices = re.findall(r'<option value="([^"]*)">([^<]*)', page)
    assert ("", "放回排队") in choices
    assert (colleague, f"{colleague}（手上 1 段）") in choices
    assert not {gone_name, reader, name_of(bench, one)} & {value for value, _ in choices}

    one.post(citizen, "transfer", to=colleague, note="在等低保材料")

    assert bench.service.conversations.held.find(citizen.id).agent == colleague
    assert "在等低保材料" in newcomer.talk(citizen)


def test_a_supervisor_passes_on_what_another_has(bench: Bench, one: Browser, other: Browser):
    lead = bench.agent(f"班长{next(_numbers)}", Role.SUPERVISOR)
    citizen = bench.citizen("您好", waits=True)
    one.post(citizen, "take")
    other.http.get("/console")
    assert "/transfer" in lead.talk(citizen) and "/transfer" not in other.talk(citizen)

    lead.post(citizen, "transfer", to=name_of(bench, other))

    assert bench.service.conversations.held.find(citizen.id).agent == name_of(bench, other)


def test_private_notes_are_for_agents_and_not_for_the_citizen(bench: Bench, one: Browser, other: Browser):
    """内部备注：同事看得到是谁写的；群众的记录、下载里都没有。"""
    citizen = bench.citizen("您好", waits=True)

    written = one.post(citizen, "notes", htmx=True, text="她丈夫可能在旁边听")

    assert "她丈夫可能在旁边听" in written.text
    seen = other.talk(citizen)
    assert "她丈夫可能在旁边听" in seen and name_of(bench, one) in seen
    assert "丈夫" not in citizen.reads()


@pytest.mark.parametrize("words", ["", "   ", "长" * 1001])
def test_a_note_that_is_not_kept_is_not_lost_either(bench: Bench, one: Browser, words: str):
    citizen = bench.citizen("您好")

    refused = one.post(citizen, "notes", text=words)

    assert refused.status_code == 409 and "没有记下" in refused.text
    assert words in refused.text
    assert bench.service.notes.of(citizen.id) == []


def test_who_else_looks_is_seen_until_their_page_closes(bench: Bench, one: Browser, other: Browser):
    citizen = bench.citizen("您好", waits=True)
    page = one.talk(citizen)
    assert "也在看" not in page

    other.talk(citizen)
    news = one.news(citizen, page)
    assert f"{name_of(bench, other)} 也在看" in news.text

    other.post(citizen, "left")  # what the closing page sends; asking for its token looked again
    assert "也在看" not in one.talk(citizen)


def test_unread_messages_are_counted_until_the_page_shows_them(bench: Bench, newcomer: Browser):
    one = newcomer
    citizen = bench.citizen("您好", waits=True)
    one.post(citizen, "take")
    page = one.talk(citizen)
    assert "条未读" not in one.http.get("/console").text

    citizen.say("在吗")
    citizen.say("有人吗")
    assert "2 条未读" in one.http.get("/console").text
    assert "2 条未读" in one.http.get("/console/mine").text

    one.news(citizen, page)
    assert "条未读" not in one.http.get("/console").text


def test_the_next_conversation_is_who_waits_longest_then_ones_own(bench: Bench, newcomer: Browser):
    """j、k：先是排队的，再是自己手上的，到头就从头来。"""
    for held in bench.service.conversations.held.waiting():
        bench.service.hand_over.take(held.id, "清空")
        bench.service.hand_over.close(held.id, "清空")  # somebody who is not there would not keep it
    mine, first, second = (bench.citizen("您好", waits=True) for _ in range(3))
    newcomer.post(mine, "take")

    def step(after: Citizen | None, **more: str) -> str:
        parameters = {"after": after.id if after else "", **more}
        answer = newcomer.http.get("/console/next", params=parameters)
        return answer.headers["location"].rpartition("/")[2]

    assert [step(None), step(first), step(second), step(mine)] == [first.id, second.id, mine.id, first.id]
    assert [step(None, back="1"), step(first, back="1")] == [mine.id, mine.id]


def test_a_conversation_that_is_erased_while_it_is_open_is_gone_from_the_page(bench: Bench, one: Browser):
    citizen = bench.citizen("不想让人知道的话", waits=True)
    one.post(citizen, "notes", text="内部的话")
    page = one.talk(citizen)

    citizen.erases()

    news = one.news(citizen, page)
    assert news.headers["HX-Retarget"] == "#talk"
    assert "不想让人知道的话" not in news.text and "内部的话" not in news.text
    assert bench.service.notes.of(citizen.id) == []


@pytest.mark.parametrize("what", ["", "/news", "/take", "/notes", "/messages"])
def test_what_is_no_conversation_is_said_kindly(bench: Bench, one: Browser, what: str):
    citizen = bench.citizen("您好")
    fields = {"sent": one.token(citizen), "text": "一句话"}
    method = "GET" if what in ("", "/news") else "POST"

    answer = one.http.request(method, f"/console/conversations/c_nobody{what}", data=fields)

    assert answer.status_code == 404 and "没有找到" in answer.text


def test_a_very_long_conversation_shows_its_end_and_a_way_to_the_beginning(bench: Bench, one: Browser):
    citizen = bench.citizen()
    one.post(citizen, "take")
    for number in range(205):
        bench.service.hand_over.say(citizen.id, name_of(bench, one), f"第{number}句", None)

    page = one.talk(citizen)

    assert page.count("<article") == 200 and "第204句" in page and "第3句<" not in page
    assert "全部显示" in page
    everything = one.http.get(f"/console/conversations/{citizen.id}?all=1").text
    assert "第3句<" in everything and "全部显示" not in everything


def test_without_scripts_every_form_works_and_comes_back_to_the_page(bench: Bench, one: Browser):
    citizen = bench.citizen("您好", waits=True)
    path = f"/console/conversations/{citizen.id}"

    steps: list[httpx.Response] = [
        one.post(citizen, "take"),
        one.post(citizen, "messages", text="您好"),
        one.post(citizen, "notes", text="记一笔"),
        one.post(citizen, "hand-back", note="说明", for_citizen="true"),
    ]

    assert [(step.status_code, step.headers["location"]) for step in steps] == [
        (303, f"{path}#end"),
        (303, f"{path}#end"),
        (303, f"{path}#notes"),
        (303, f"{path}#end"),
    ]
