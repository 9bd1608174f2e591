"""答不上的问题：谁问的都收，封存在库里，归好组给知识编辑看，不露个人信息。"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from typer.testing import CliRunner

from actions.intake import Intake
from api.chat.attempts import Attempts
from api.chat.crisis import CrisisDesk
from api.chat.danger import DangerScreen, danger_phrases
from api.chat.gateway import ChatGateway
from api.chat.model import EngineReply, Outcome, Reply
from api.chat.open_forms import SqlOpenForms
from api.chat.store import ConversationStore
from api.commands import app
from api.database import open_database
from api.logs import configure_logs
from api.parts import sealer_from
from api.settings import Settings
from api.unanswered.listing import list_unanswered
from api.unanswered.model import Got
from api.unanswered.store import UnansweredStore
from knowledge.embedders import ShippedEmbedder
from knowledge.normalisation import searchable
from knowledge.service import KnowledgeBase
from tests.fakes import HashingEmbedder
from tests.knowledge.conftest import base, corpus, open_base, write_law  # noqa: F401
from tickets import open_desk
from tickets.places import resolve_place

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)  # 12:00 in Beijing


class Hotline:
    """A hotline with a real database, whose engine ends a turn as the test says."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(data_dir=folder)
        self.file, sealer = folder / "hotline.db", sealer_from(settings)
        self.now = NOON
        self.database = open_database(settings.database_address)
        conversations = ConversationStore(self.database, sealer, lambda: self.now)
        self.store = UnansweredStore(self.database, sealer, lambda: self.now)
        screen = DangerScreen(danger_phrases(), searchable)
        desk = open_desk(self.database, sealer)
        forms = SqlOpenForms(self.database, sealer, lambda: self.now)
        intake = Intake(desk, forms, resolve_place, lambda: self.now)
        crisis_desk = CrisisDesk(desk, intake)
        self.gateway = ChatGateway(
            conversations, desk, self, self, screen, crisis_desk, intake, Attempts(), max_chars=2000
        )

    def reply(self, text, context):
        return EngineReply((Reply("……"),), self.outcome)

    def ready(self):
        return True

    def open(self):
        self.conversation, self.token, _ = self.gateway.open("430000")
        return self

    def say(self, text, outcome):
        self.outcome = outcome
        self.gateway.receive(self.conversation.id, self.token, text, None)
        return self

    def click_person(self):
        self.gateway.ask_for_person(self.conversation.id, self.token)
        return self

    def found(self, since=None, limit=100):
        return [(question.text, question.got) for question in self.store.latest(since, limit)]


@pytest.fixture
def hotline(tmp_path: Path) -> Hotline:
    return Hotline(tmp_path / "var")


def listed(hotline: Hotline, base: KnowledgeBase, **wanted):  # noqa: F811
    return list_unanswered(hotline.store, base, ShippedEmbedder(), **wanted)


def test_what_was_not_answered_is_collected_and_nothing_else(hotline: Hotline):
    for number, outcome in enumerate(o for o in Outcome if o is not Outcome.CRISIS):
        hotline.open().say(f"第{number}个问题，{outcome}", outcome)

    assert {got for _, got in hotline.found()} == {Got.NO_EVIDENCE, Got.CLARIFY}
    assert len(hotline.found()) == 2


def test_an_answer_after_which_a_person_is_wanted_was_none(hotline: Hotline):
    """答了，下一句就要转人工，或者就点了转人工，算没答好；问完别的再转，不算。"""
    hotline.open().say("种牙报不报", Outcome.ANSWERED).say("转人工", Outcome.HANDED_OVER)
    hotline.open().say("补牙报不报", Outcome.ANSWERED).click_person()
    hotline.open().say("镶牙报不报", Outcome.ANSWERED).say("那拔牙呢", Outcome.ANSWERED).click_person()
    hotline.open().say("洗牙报不报", Outcome.ANSWERED).say("谢谢", Outcome.SMALLTALK).click_person()

    told = {("种牙报不报", Got.HANDED_OVER), ("补牙报不报", Got.HANDED_OVER), ("那拔牙呢", Got.HANDED_OVER)}
    assert set(hotline.found()) == told


def test_danger_after_an_answer_says_nothing_about_the_answer(hotline: Hotline):
    """先报过险的，后面的话都转给工作人员，不说明前面的回答不好。"""
    hotline.open().say("我不想活了，药都买好了", Outcome.SMALLTALK)
    hotline.say("低保怎么申请？", Outcome.ANSWERED).say("我在洞口县高沙镇的老屋里", Outcome.ANSWERED)

    assert hotline.found() == []


def test_questions_of_agent_desktops_are_kept_when_they_get_no_answer(hotline: Hotline):
    hotline.store.keep("种牙医保可以报吗", "no_evidence", "430100")
    hotline.store.keep("低保怎么申请", "answered", None)
    hotline.store.keep("今天天气怎么样", "out_of_scope", None)

    assert hotline.found() == [("种牙医保可以报吗", Got.NO_EVIDENCE)]


def test_a_question_is_sealed_in_the_database(hotline: Hotline):
    hotline.store.keep("王桂英问种牙医保可以报吗", "no_evidence", None)

    with create_engine(f"sqlite:///{hotline.file}").connect() as db:
        row = db.exec_driver_sql("SELECT * FROM unanswered_questions").one()
    assert not any("种牙" in str(value) for value in row)


def test_a_database_that_refuses_costs_the_note_not_the_answer(hotline: Hotline):
    with hotline.database.begin() as db:
        db.exec_driver_sql("DROP TABLE unanswered_questions")

    hotline.store.keep("种牙医保可以报吗", "no_evidence", None)


def test_only_so_many_of_both_sources_are_read_the_newest_first(hotline: Hotline):
    for number in range(4):
        hotline.now = NOON + timedelta(minutes=number)
        hotline.store.keep(f"坐席第{number}问", "no_evidence", None)
        hotline.open().say(f"来电第{number}问", Outcome.CLARIFY)

    assert {text for text, _ in hotline.found(limit=2)} == {"坐席第3问", "来电第3问"}
    assert len(hotline.found(since=NOON + timedelta(minutes=2))) == 4


def test_ways_of_asking_are_one_group_with_its_days_in_beijing(hotline: Hotline, base: KnowledgeBase):  # noqa: F811
    hotline.open().say("种牙医保可以报吗", Outcome.NO_EVIDENCE)
    hotline.now = datetime(2026, 11, 21, 17, tzinfo=UTC)  # 1:00 on the 22nd in Beijing
    hotline.open().say("补牙镶牙能不能走医保", Outcome.CLARIFY)
    hotline.store.keep("种牙医保可以报吗", "no_evidence", None)
    hotline.store.keep("买收割机国家补贴怎么申请", "no_evidence", None)

    dentist, tractor = listed(hotline, base).groups

    assert (dentist.count, dentist.wording, dentist.others) == (
        3,
        "种牙医保可以报吗",
        ("补牙镶牙能不能走医保",),
    )
    assert (dentist.first_on, dentist.last_on) == (date(2026, 11, 20), date(2026, 11, 22))
    assert dentist.got == {Got.CLARIFY: 1, Got.NO_EVIDENCE: 2}
    assert tractor.count == 1


def test_greetings_gibberish_and_scraps_are_left_out_and_counted(hotline: Hotline, base: KnowledgeBase):  # noqa: F811
    for text in ("你好，在吗", "啊啊啊啊啊啊", "低保", "13812345678", "种牙医保可以报吗"):
        hotline.open().say(text, Outcome.CLARIFY)

    report = listed(hotline, base)

    assert [group.wording for group in report.groups] == ["种牙医保可以报吗"]
    assert (report.questions, report.left_out) == (1, 4)


def test_nobody_can_be_recognised(hotline: Hotline, base: KnowledgeBase):  # noqa: F811
    """电话、身份证号、说出来的姓名都遮住；不带这些的问法打头。"""
    hotline.open().say("我叫王桂英，电话13812345678，种牙医保可以报吗", Outcome.NO_EVIDENCE)
    hotline.open().say(
        "身份证430524197001011234，电话幺三八幺二三四五六七九，种牙医保报吗", Outcome.NO_EVIDENCE
    )
    hotline.open().say("种牙医保可以报吗", Outcome.NO_EVIDENCE)

    (group,) = listed(hotline, base).groups

    shown = json.dumps([group.wording, group.others], ensure_ascii=False)
    assert group.wording == "种牙医保可以报吗"
    assert "王**" in shown and "138****5678" in shown
    for secret in ("桂英", "13812345678", "19700101", "幺三八", "13812345679"):
        assert secret not in shown


def test_the_editor_sees_which_entry_to_extend(hotline: Hotline, base: KnowledgeBase):  # noqa: F811
    hotline.open().say("粮油补助一年能领几回", Outcome.NO_EVIDENCE)

    (group,) = listed(hotline, base).groups

    assert group.nearest and group.nearest.chunk_id == base.search(group.wording)[0].chunk_id
    assert "粮油补助" in group.nearest.title or group.nearest.article
    assert group.nearest.score > 0
    assert 0 <= (group.confidence or -1) <= 1


def test_what_is_answered_by_now_is_marked(hotline: Hotline, base: KnowledgeBase):  # noqa: F811
    hotline.open().say("粮油补助怎么申请", Outcome.NO_EVIDENCE)
    hotline.open().say("开货车的驾驶证怎么考", Outcome.NO_EVIDENCE)

    marked = {group.wording: group.answered_now for group in listed(hotline, base).groups}

    assert marked == {"粮油补助怎么申请": True, "开货车的驾驶证怎么考": False}


def test_without_an_index_the_questions_are_listed_all_the_same(hotline: Hotline, tmp_path: Path):
    empty = KnowledgeBase(tmp_path / "none", HashingEmbedder(), "430000", corpus=tmp_path)
    hotline.open().say("种牙医保可以报吗", Outcome.NO_EVIDENCE)

    (group,) = listed(hotline, empty).groups

    assert group.nearest is None and group.confidence is None


@pytest.fixture
def run(hotline: Hotline, base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    """The command, on the same data folder."""
    configure_logs("WARNING")
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(hotline.file.parent))
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    monkeypatch.setattr("api.commands.knowledge_base.open_base", lambda: base)
    return lambda *more: CliRunner().invoke(
        app, ["knowledge", "unanswered", *more], catch_exceptions=False
    )  # fmt: skip


def test_the_command_shows_the_commonest_first_from_a_beijing_day_on(hotline: Hotline, run):
    hotline.now = datetime(2026, 11, 19, 15, 59, tzinfo=UTC)  # a minute before the 20th
    hotline.open().say("公墓一块多少钱", Outcome.NO_EVIDENCE)
    hotline.now = datetime(2026, 11, 19, 16, 1, tzinfo=UTC)  # a minute past midnight
    hotline.open().say("买收割机国家补贴怎么申请", Outcome.NO_EVIDENCE)
    hotline.now = NOON
    for text in ("种牙医保可以报吗", "补牙镶牙能不能走医保"):
        hotline.open().say(text, Outcome.CLARIFY)

    report = json.loads(run("--since", "2026-11-20", "--json").stdout)
    first = json.loads(run("--limit", "1", "--json").stdout)
    shown = run().stdout

    assert [group["count"] for group in report["groups"]] == [2, 1]
    assert report["groups"][0]["got"] == {"clarify": 2}
    assert report["groups"][0]["last_on"] == "2026-11-20"
    assert (len(first["groups"]), first["found"]) == (1, 3)
    assert "【2 次】" in shown and "请对方说清楚 2 次" in shown and "公墓一块多少钱" in shown


def test_nothing_unanswered_is_said_so(run):
    result = run()

    assert result.exit_code == 0
    assert "没有答不上的问题" in result.stdout


def test_words_that_look_like_markup_are_shown_as_they_are(hotline: Hotline, run):
    hotline.open().say("[red]种牙医保[/red]可以报吗\x1b[2J", Outcome.NO_EVIDENCE)

    shown = run().stdout

    assert "[red]种牙医保[/red]可以报吗" in shown
    assert "\x1b[2J" not in shown


def test_another_master_key_is_explained_in_one_sentence(hotline: Hotline, run):
    hotline.open().say("种牙医保可以报吗", Outcome.NO_EVIDENCE)
    (hotline.file.parent / "master.key").unlink()

    result = run()

    assert result.exit_code == 1
    assert "主密钥" in result.output
