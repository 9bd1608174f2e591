"""运行情况：数得对，按北京时间，说得清什么算“突然增多”；两种数据库都一样。"""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from api.chat.feedback import FeedbackStore
from api.chat.hand_over_model import Reason
from api.chat.hand_over_store import Move
from api.chat.model import EngineReply, Outcome, Owner
from api.figures.model import Sheet
from api.figures.periods import Period, WrongPeriod, named_period, period_of
from api.figures.service import NAMES, Figures
from api.figures.spikes import LEAST, judge
from api.figures.unanswered import UnansweredWatch
from api.figures.wording import CHARTS, drawn, in_words, words
from knowledge.embedders import ShippedEmbedder
from knowledge.service import KnowledgeBase
from tests.api.filled import AGENT, Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets import load_limits
from tickets.model import Actor, Area, Category, Person, Role

MONDAY = datetime(2026, 3, 9, 2, tzinfo=UTC)  # ten in the morning in Beijing
LONGHUI = Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", "石桥村3组")


class Counted:
    """The figures of a house at its present instant; every request comes from somebody new."""

    def __init__(self, house: Filled) -> None:
        self.house = house
        house.now = MONDAY
        base = KnowledgeBase(house.settings.data_dir, ShippedEmbedder(), "430000")
        watch = UnansweredWatch(house.questions, base, ShippedEmbedder, lambda: house.now)
        hours = load_limits().hours
        self.figures = Figures(house.engine, hours, dict, watch, lambda: house.now, "43")

    def sheet(self, name: str, period: Period | None = None, **more) -> Sheet:
        wanted = period or named_period("today", self.house.now)
        return self.figures.sheets(wanted, [name], patience=20, **more)[name]

    def rows(self, name: str, period: Period | None = None, **more) -> list[dict]:
        return self.sheet(name, period, **more).records()

    def file(self, **changes):
        phone = f"139{random.randrange(10**8):08d}"
        fields = {
            "applicant": Person("石海", phone),
            "description": f"房子漏雨，电话{phone}",
            "area": replace(LONGHUI, detail=f"石桥村{phone[3:]}号"),
        }
        return self.house.file(**fields | changes)

    def ask(self, outcome: Outcome, words: str = "低保怎么申请") -> str:
        return self.house.talk(words, outcome=outcome)

    def queue(self, reason: Reason = Reason.ASKED) -> str:
        conversation = self.ask(Outcome.HANDED_OVER, "转人工")
        self.house.conversations.owners.move(conversation, Move(Owner.QUEUE, reason, "citizen"))
        return conversation

    def take(self, conversation: str, agent: str = "017") -> None:
        move = Move(Owner.AGENT, Reason.TAKEN, agent, to_agent=agent)
        self.house.conversations.owners.move(conversation, move)


@pytest.fixture
def counted(house: Filled) -> Counted:
    return Counted(house)


# What is more than usual


@pytest.mark.parametrize("mean", [0.5, 2, 4, 20])
def test_where_nothing_changed_at_most_one_day_in_a_hundred_is_marked(mean):
    """页面上写了“不到百分之一”：照写的算法真的数一数。"""
    days = np.random.default_rng(7).poisson(mean, (20_000, 9)).tolist()

    assert sum(judge(count, before).spike for count, *before in days) <= len(days) / 100


def test_three_times_the_usual_twenty_is_practically_always_found():
    chance = np.random.default_rng(7)
    found = [judge(int(chance.poisson(60)), chance.poisson(20, 8).tolist()).spike for _ in range(200)]

    assert sum(found) >= 198


def test_a_few_are_no_spike_and_a_young_hotline_is_not_judged():
    """不到五件不算；登记不满四周的热线不标。"""
    assert not judge(LEAST - 1, [0] * 8).spike
    assert judge(LEAST, [0] * 8).spike
    assert judge(50, [1, 1, 1]) == judge(50, [1, 1, 1]).__class__(50, None, None, False)


def test_what_varies_much_anyway_needs_more_to_be_a_spike():
    assert judge(20, [5] * 8).spike
    assert not judge(20, [0, 12, 1, 11, 0, 13, 2, 1]).spike


# Days


def test_a_day_is_a_beijing_day():
    """世界时下午四点，北京已经是第二天。"""
    evening = datetime(2026, 3, 9, 16, 30, tzinfo=UTC)

    assert named_period("today", evening) == Period(date(2026, 3, 10), date(2026, 3, 10))
    assert named_period("7", evening).first == date(2026, 3, 4)
    assert Period(date(2026, 3, 10), date(2026, 3, 10)).since == datetime(2026, 3, 9, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (date(2026, 3, 9), date(2026, 3, 8), "backwards"),
        (date(2026, 3, 10), None, "in_the_future"),
        (date(2025, 3, 9), date(2026, 3, 9), "too_long"),
        (date(1, 1, 1), date(1, 1, 1), "in_the_future"),
    ],
)
def test_days_that_make_no_period_are_refused_with_the_reason(since, until, code):
    with pytest.raises(WrongPeriod) as refused:
        period_of(since, until, MONDAY)

    assert refused.value.code == code
    assert code in words()["problems"]


# Counting


def test_the_volume_stands_beside_the_same_weekday_of_the_week_before(counted: Counted):
    counted.house.now = MONDAY - timedelta(days=7)
    counted.file()
    counted.house.now = MONDAY
    counted.ask(Outcome.ANSWERED)
    counted.file()
    counted.file()
    counted.house.now = datetime(2026, 3, 9, 16, 1, tzinfo=UTC)  # past midnight in Beijing
    counted.file()

    by_hour = counted.rows("volume", Period(date(2026, 3, 9), date(2026, 3, 9)))
    by_day = counted.rows("volume", Period(date(2026, 3, 9), date(2026, 3, 10)))

    at_ten = {"hour": 10, "conversations": 1, "conversations_before": 0, "tickets": 2, "tickets_before": 1}
    assert by_hour[10] == at_ten
    assert sum(row["tickets"] for row in by_hour) == 2
    assert [row["tickets"] for row in by_day] == [2, 1]


def test_who_waits_is_told_by_reason_danger_first(counted: Counted):
    counted.queue()
    counted.house.forward(minutes=9)
    counted.queue(Reason.CRISIS)
    counted.house.forward(minutes=3)
    counted.take(counted.queue())

    rows = counted.rows("waiting")

    assert [(r["reason"], r["danger"], r["waiting"], r["longest"]) for r in rows] == [
        ("crisis", True, 1, 3.0),
        ("asked", False, 1, 12.0),
    ]


def test_the_first_human_answer_is_the_agents_first_word_after_queueing(counted: Counted):
    """接手还不算答复，第一句话才算；交回再排队是另一回事。"""
    talk = counted.queue()
    counted.house.forward(minutes=4)
    counted.take(talk)
    counted.house.forward(minutes=3)
    counted.house.conversations.owners.say(talk, "017", "您好", None)
    counted.queue()

    [row] = [row for row in counted.rows("first_answers") if row["handed_over"]]

    assert (row["hour"], row["handed_over"], row["answered"]) == (10, 2, 1)
    assert (row["median"], row["longest"]) == (7.0, 7.0)
    assert counted.rows("hand_overs")[10]["a_day"] == 2.0


def test_what_a_citizen_says_to_an_agent_is_no_turn_of_the_bot(counted: Counted):
    counted.ask(Outcome.ANSWERED)
    counted.ask(Outcome.NO_EVIDENCE)
    talk = counted.queue()
    counted.take(talk)
    message, _ = counted.house.conversations.take_in(talk, "我在村口", None)
    counted.house.conversations.finish_turn(message, EngineReply((), Outcome.HANDED_OVER))

    found = {row["outcome"]: (row["turns"], row["share"]) for row in counted.rows("outcomes")}

    assert found == {"answered": (1, 0.3333), "no_evidence": (1, 0.3333), "handed_over": (1, 0.3333)}


def test_an_alarm_counts_once_a_conversation_and_says_how_soon_it_was_taken(counted: Counted):
    talk = counted.house.talk("没米下锅", "真的没有了", outcome=Outcome.CRISIS)
    counted.house.conversations.owners.move(talk, Move(Owner.QUEUE, Reason.CRISIS, "hotline"))
    counted.house.forward(minutes=2)
    counted.take(talk)

    [row] = [row for row in counted.rows("danger") if row["alarms"]]

    assert (row["alarms"], row["taken"], row["median"]) == (1, 1, 2.0)


def test_deadlines_are_counted_by_office_and_working_days(counted: Counted):
    """周五到期的，周二看是三个工作日内；答复了的不再算。"""
    for office, opened in (("甲局", MONDAY), ("甲局", MONDAY), ("乙局", MONDAY), ("甲局", MONDAY)):
        counted.house.now = opened
        number = counted.file().number
        counted.house.desk.move(number, "dispatch", actor=dispatcher(), office=office)
    answered = counted.file()
    counted.house.desk.move(answered.number, "answer_directly", actor=AGENT, reason="说清楚了")
    due = counted.house.desk.find(number).due_at

    def at(instant: datetime) -> dict[str, tuple]:
        counted.house.now = instant
        rows = counted.rows("deadlines")
        return {r["office"]: (r["overdue"], r["today"], r["soon"], r["later"]) for r in rows}

    assert at(due + timedelta(seconds=1)) == {"甲局": (3, 0, 0, 0), "乙局": (1, 0, 0, 0)}
    assert at(due - timedelta(hours=1)) == {"甲局": (0, 3, 0, 0), "乙局": (0, 1, 0, 0)}
    assert at(due - timedelta(days=1))["乙局"] == (0, 0, 1, 0)


def test_demands_linked_through_each_other_are_one(counted: Counted):
    first, second, third, other = (counted.file() for _ in range(4))
    for one, to in ((second, first), (third, second)):
        counted.house.desk.link(one.number, to.number, actor=AGENT, reason="同一件事")

    [demand] = counted.rows("repeats")

    assert demand["tickets"] == 3
    assert demand["numbers"].split() == [first.number, second.number, third.number]
    assert demand["place"] == "湖南省邵阳市隆回县"
    assert other.number not in demand["numbers"]


def test_places_open_from_province_to_county_and_no_further(counted: Counted):
    """村、门牌不出现在任何一级。"""
    counted.file(area=LONGHUI)
    counted.file(area=Area("湖南省", "长沙市", None, None, "430100"))
    counted.file(area=Area("浙江省", "杭州市", "西湖区", None, "330106"))
    counted.file(area=Area())

    def seen(within: str) -> list[tuple]:
        return [
            (row["place"], row["adcode"], row["tickets"]) for row in counted.rows("places", within=within)
        ]

    assert sorted(seen("")) == [("", "", 1), ("浙江省", "33", 1), ("湖南省", "43", 2)]
    assert sorted(seen("43")) == [("邵阳市", "4305", 1), ("长沙市", "4301", 1)]
    assert seen("4305") == [("隆回县", "430524", 1)]
    assert seen("4301") == [("", "430100", 1)]
    assert [step.name for step in counted.figures.path_to("4305")] == ["湖南省", "邵阳市"]
    shown = [name for name in NAMES if name != "deadlines"]  # an office may be a township's: it must be named
    today = named_period("today", MONDAY)
    everything = repr([counted.figures.sheets(today, shown, within=place) for place in ("", "43", "4305")])
    assert "司门前" not in everything and "石桥村" not in everything and "石海" not in everything


def test_a_flood_is_marked_where_it_is_and_in_its_matter(counted: Counted):
    for week in range(9, 0, -1):
        counted.house.now = MONDAY - timedelta(weeks=week)
        counted.file(category=Category.DISASTER)
        counted.file(category=Category.MINIMUM_LIVING)
    counted.house.now = MONDAY
    for _ in range(7):
        counted.file(category=Category.DISASTER)
    counted.file(category=Category.MINIMUM_LIVING)

    matters = {row["category"]: row for row in counted.rows("categories")}
    [place] = counted.rows("places")

    assert (matters["受灾救助"]["usual"], matters["受灾救助"]["spikes"]) == (1.0, "2026-03-09")
    assert matters["低保"]["spikes"] == ""
    assert place["spikes"] == "2026-03-09"
    assert "突然增多" in str(drawn(counted.sheet("categories")))


def test_today_is_compared_with_the_same_time_of_day(counted: Counted):
    """上午十点的七件，不能和别的星期一全天比。"""
    for week in range(9, 0, -1):
        counted.house.now = MONDAY - timedelta(weeks=week) + timedelta(hours=5)
        for _ in range(4):
            counted.file()
    counted.house.now = MONDAY
    for _ in range(7):
        counted.file()

    row = next(row for row in counted.rows("categories") if row["tickets"])

    assert (row["usual"], row["spikes"]) == (0.0, "2026-03-09")


def test_a_hotline_of_three_weeks_says_that_it_is_too_young(counted: Counted):
    counted.house.now = MONDAY - timedelta(weeks=3)
    counted.file()
    counted.house.now = MONDAY
    for _ in range(20):
        counted.file()

    sheet = counted.sheet("categories")

    assert sheet.note == "too_young"
    assert sheet.column("usual") == [None] * len(sheet.rows)
    assert not any(sheet.column("spikes"))


def test_an_opinion_that_was_changed_counts_as_it_is_now(counted: Counted):
    conversations, house = counted.house.conversations, counted.house
    talk = counted.ask(Outcome.ANSWERED)
    answer = conversations.transcript(talk)[-1].id
    opinions = FeedbackStore(house.engine, house.sealer, lambda: house.now)
    opinions.give(talk, answer, True, None)
    opinions.give(talk, answer, False, "看不懂")

    assert [row for row in counted.rows("feedback") if row["helpful"] or row["unhelpful"]] == [
        {"hour": 10, "helpful": 0, "unhelpful": 1}
    ]


def test_unanswered_questions_are_grouped_masked_and_say_when(counted: Counted):
    for _ in range(2):
        counted.ask(Outcome.NO_EVIDENCE, "危房改造补多少，我电话13812345678")

    sheet = counted.sheet("unanswered")

    [row] = sheet.records()
    assert row["count"] == 2
    assert "13812345678" not in row["wording"] and "危房改造" in row["wording"]
    assert sheet.made_at == MONDAY


def test_every_figure_has_its_words_and_its_chart_names_columns_that_exist(counted: Counted):
    """每个数都有说明；图画的列，表里都有。"""
    counted.file()
    counted.queue()
    for period in (named_period("today", MONDAY), named_period("7", MONDAY)):
        sheets = counted.figures.sheets(period, patience=20)
        assert tuple(sheets) == NAMES
        for sheet in sheets.values():
            texts = words()["figures"][sheet.name]
            headings, rows = in_words(sheet)
            assert texts["title"] and texts["definition"]
            assert all(len(row) == len(headings) for row in rows)
            assert (drawn(sheet) is None) or sheet.name in CHARTS


def dispatcher():

    return Actor("paidan", Role.DISPATCHER)


def test_a_hotline_where_nothing_happened_has_all_its_figures(counted: Counted):
    sheets = counted.figures.sheets(named_period("30", MONDAY), patience=20)

    assert tuple(sheets) == NAMES
    assert sheets["volume"].total("tickets") == 0
    assert sheets["places"].rows == ()
