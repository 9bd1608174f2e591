"""什么时候转人工、群众听到什么：规则和时间都是数据。"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.chat.hand_over import open_hand_over
from api.chat.hand_over_hours import load_hours
from api.chat.hand_over_model import Reason
from api.chat.hand_over_rules import load_rules
from api.chat.model import EngineReply, Outcome, Owner, Reply, Role
from knowledge.normalisation import searchable
from tests.api.filled import filled_house  # noqa: F401
from tests.api.hand_over_bench import ANSWER, NO_EVIDENCE, Citizen, Desk, working_desk  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.errors import BadRequest

SATURDAY_NIGHT = datetime(2026, 11, 21, 14, tzinfo=UTC)  # 22:00 in Beijing
RULES = load_rules(searchable)
HOURS = load_hours()


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def spoken(turn) -> str:
    return "\n".join(message.text for message in turn.messages)


def test_she_hears_how_many_are_before_her_and_again_when_she_asks_again(desk: Desk):
    """排队：前面几位说实话，再问就按现在的说。"""
    first, second, third = desk.citizen(), desk.citizen(), desk.citizen()
    for citizen in (first, second):
        citizen.click_person()
        desk.forward(minutes=1)

    assert "前面还有 2 位" in spoken(third.click_person())
    desk.hand_over.take(first.id, "007")
    assert "前面还有 1 位" in spoken(third.say("转人工"))
    desk.hand_over.take(second.id, "007")
    assert "您是下一位" in spoken(third.say("排到第几了"))
    assert third.record == [(Owner.BOT, Owner.QUEUE, "citizen", Reason.ASKED)]


@pytest.mark.parametrize("words", ["转人工", "人工！", " 转 人工 ", "轉人工"])
def test_plain_words_for_a_person_need_no_engine(desk: Desk, words: str):
    def broken(text, context):
        raise AssertionError("the engine was asked")

    citizen, desk.answer = desk.citizen(), broken

    assert citizen.say(words).owner is Owner.QUEUE


def test_while_she_waits_the_bot_answers_and_is_still_the_bot(desk: Desk):
    citizen = desk.citizen()
    citizen.click_person()

    turn = citizen.say("低保怎么申请？")

    assert (turn.outcome, turn.owner) == (Outcome.ANSWERED, Owner.QUEUE)
    assert [(m.role, m.text) for m in turn.messages] == [(Role.ASSISTANT, "可以申请。")]


def test_out_of_hours_she_hears_when_people_are_back_and_gets_a_callback_offered(desk: Desk):
    """下班时间：说清几点上班、话都留着、急事打哪里，可以登记回电；照样排队。"""
    citizen = desk.citizen()
    desk.house.now = SATURDAY_NIGHT
    desk.store.presence.seen("007")

    turn = citizen.click_person()

    assert turn.owner is Owner.QUEUE
    for needed in ("11月23日08:30", "都留着", "12345", "110", "120"):
        assert needed in spoken(turn)
    assert "还有" not in spoken(turn)
    assert [b.payload for b in turn.messages[0].buttons] == ["我要登记求助"]


def test_with_nobody_on_duty_she_is_not_told_to_wait_a_moment(desk: Desk):
    citizen = desk.citizen()
    desk.house.forward(minutes=16)

    turn = citizen.click_person()

    assert "没有工作人员在线" in spoken(turn) and "下一位" not in spoken(turn)


def test_two_failures_running_offer_a_person_and_a_third_calls_one(desk: Desk):
    """连续两次没答上：给个按钮；还是答不上，就转。"""
    citizen, desk.answer = desk.citizen(), lambda text, context: NO_EVIDENCE

    first, second = citizen.say("火星移民补贴"), citizen.say("月亮上的低保")
    third = citizen.say("海底的房子")

    assert [b.payload for m in first.messages for b in m.buttons] == []
    assert [b.payload for m in second.messages for b in m.buttons] == ["转人工"]
    assert (first.owner, second.owner, third.owner) == (Owner.BOT, Owner.BOT, Owner.QUEUE)
    assert citizen.record == [(Owner.BOT, Owner.QUEUE, "hotline", Reason.FAILURES)]


def test_a_second_run_of_failures_calls_a_person_though_an_answer_lay_between(desk: Desk):
    citizen, endings = desk.citizen(), iter([NO_EVIDENCE, NO_EVIDENCE, ANSWER, NO_EVIDENCE, NO_EVIDENCE])
    desk.answer = lambda text, context: next(endings)

    owners = [citizen.say(text).owner for text in ("甲事", "乙事", "丙事", "丁事", "戊事")]

    assert owners == [Owner.BOT, Owner.BOT, Owner.BOT, Owner.BOT, Owner.QUEUE]


def test_failures_with_an_answer_between_are_no_reason(desk: Desk):
    citizen, endings = desk.citizen(), iter([NO_EVIDENCE, ANSWER, NO_EVIDENCE])
    desk.answer = lambda text, context: next(endings)

    turns = [citizen.say(text) for text in ("甲事", "乙事", "丙事")]

    assert all(len(turn.messages) == 1 for turn in turns)


def test_after_an_agent_handed_it_back_the_counting_begins_anew(desk: Desk):
    citizen, desk.answer = desk.citizen(), lambda text, context: NO_EVIDENCE
    citizen.say("甲事")
    desk.hand_over.take(citizen.id, "007")
    desk.hand_over.hand_back(citizen.id, "007")

    assert len(citizen.say("乙事").messages) == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (["村支书收钱才给办低保"], Reason.COMPLAINT),
        (["窗口那个人态度太差了"], Reason.COMPLAINT),
        (["我要投诉你们"], Reason.COMPLAINT),
        (["你个傻逼", "滚蛋"], Reason.ABUSE),
        (["低保几时发钱", "低保几时发钱啊", "低保几时发钱？"], Reason.SAME_AGAIN),
    ],
)
def test_rules_call_a_person_and_the_answer_is_given_all_the_same(
    desk: Desk, said: list[str], reason: Reason
):
    citizen = desk.citizen()

    turns = [citizen.say(text) for text in said]

    assert [turn.owner for turn in turns] == [Owner.BOT] * (len(said) - 1) + [Owner.QUEUE]
    assert citizen.record == [(Owner.BOT, Owner.QUEUE, "hotline", reason)]
    assert "可以申请。" in spoken(turns[-1]) and "转人工" in spoken(turns[-1])


@pytest.mark.parametrize(
    "said",
    [
        ["怎么投诉村干部"],
        ["投诉电话是多少"],
        ["他天天骂我是废物", "他又骂我废物了"],
        ["混蛋"],
        ["低保几时发钱", "低保几时发钱"],
        ["好的", "好的", "好的"],
        ["我爸残疾能办什么", "我妈残疾能办什么", "我妹上学能办什么"],
    ],
)
def test_what_only_looks_like_it_calls_nobody(desk: Desk, said: list[str]):
    citizen = desk.citizen()

    assert {citizen.say(text).owner for text in said} == {Owner.BOT}


def test_inside_a_form_the_notice_comes_before_the_question(desk: Desk):
    """正在登记：先说已转人工，再接着问，问题留在最后。"""
    citizen = desk.citizen()
    desk.answer = lambda text, context: EngineReply((Reply("在哪个县？"),), Outcome.INTAKE)

    turn = citizen.say("村干部刁难我，不给办低保")

    assert turn.owner is Owner.QUEUE
    assert [m.text for m in turn.messages][-1] == "在哪个县？" and len(turn.messages) == 2


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T08:29", False),
        ("2026-11-23T08:30", True),
        ("2026-11-23T17:29", True),
        ("2026-11-23T17:30", False),
        ("2026-11-21T10:00", False),  # Saturday
        ("2026-10-01T10:00", False),  # national day
        ("2026-10-10T10:00", True),  # a Saturday worked in exchange (调休)
    ],
)
def test_people_answer_in_office_hours_of_working_days(at: str, is_open: bool):
    assert HOURS.is_open(beijing(at)) is is_open


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T07:00", "2026-11-23T08:30"),
        ("2026-11-20T18:00", "2026-11-23T08:30"),
        ("2026-09-30T18:00", "2026-10-08T08:30"),
    ],
)
def test_the_next_opening_leaps_over_holidays(now: str, opens: str):
    assert HOURS.opens_at(beijing(now)) == beijing(opens)


def test_an_office_has_hours_of_its_own(tmp_path: Path):
    """各地自己的上班时间：午休、周末值班、临时关闭。"""
    own = tmp_path / "hours.yml"
    own.write_text(
        "days: every_day\nspans: [{from: '09:00', to: '12:00'}, {from: 14:00, to: '24:00'}]\n"
        "closed: [2026-11-24]\n",
        "utf-8",
    )
    hours = load_hours(own)

    assert hours.is_open(beijing("2026-11-21T23:59")) and not hours.is_open(beijing("2026-11-21T13:00"))
    assert hours.opens_at(beijing("2026-11-21T12:30")) == beijing("2026-11-21T14:00")
    assert not hours.is_open(beijing("2026-11-24T10:00"))


@pytest.mark.parametrize(
    "wrong",
    [
        "days: sometimes",
        "spans: [{from: '18:00', to: '08:00'}]",
        "spans: [{from: '08:00', to: '25:00'}]",
        "spans: []",
        "closed: [someday]",
        "open: '08:00'",
        "- 1",
        "a: [",
    ],
)
def test_hours_that_cannot_be_understood_are_refused_by_name(tmp_path: Path, wrong: str):
    own = tmp_path / "hours.yml"
    own.write_text(wrong, "utf-8")

    with pytest.raises(BadRequest, match="hours"):
        load_hours(own)


def test_an_office_has_figures_of_its_own_but_not_rules(tmp_path: Path):
    own = tmp_path / "hand_over.yml"
    own.write_text("answer_minutes: 3", "utf-8")
    assert load_rules(searchable, own).answer_within.total_seconds() == 180

    for wrong in ("answer_minutes: 0", "answer_minutes: soon", "rules: []"):
        own.write_text(wrong, "utf-8")
        with pytest.raises(BadRequest, match="whole figures"):
            load_rules(searchable, own)


def test_the_office_s_own_hours_are_what_the_citizen_hears(desk: Desk):
    (desk.house.settings.data_dir / "hours.yml").write_text("spans: [{from: '13:00', to: '15:00'}]", "utf-8")
    hand_over = open_hand_over(desk.store, desk.house.settings.data_dir)
    citizen: Citizen = desk.citizen()

    message, _owner = hand_over.ask(citizen.id)

    assert "11月23日13:00" in message.text
