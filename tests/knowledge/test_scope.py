"""What is for this hotline and what is not: the shipped model, its training, and the scoring of messages."""

from pathlib import Path

import pytest
import yaml

from knowledge.asked import AskedQuestions
from knowledge.errors import BadEntry, BadQuestions
from knowledge.library import SHIPPED_CORPUS
from knowledge.scope import shipped_scope
from knowledge.scope.evaluation import OtherMessage, read_messages, score_messages
from knowledge.scope.messages import outside
from knowledge.scope.model import ScopeModel
from knowledge.scope.training import ours, train_scope
from knowledge.texts import keys

HELD_OUT = Path(__file__).parents[2] / "benchmarks" / "data" / "scope_messages.zh.yml"


def test_the_model_knows_this_hotlines_matters_from_others_on_messages_it_has_not_seen():
    """没见过的话里，随便拿一句该答的和一句不该答的，十次有九次分得对。"""
    said = yaml.safe_load(HELD_OUT.read_text("utf-8"))
    real = [shipped_scope().judge(text).ours for text in said["in_scope_held_out"]]
    others = [shipped_scope().judge(item["message"]).ours for item in said["held_out"]]

    right = sum(a > b for a in real for b in others) / (len(real) * len(others))

    assert right >= 0.88


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("网上买的棉鞋穿两天就开胶，店家死活不退钱", "consumer"),
        ("信用卡逾期了银行天天催，能不能跟银行商量少还点", "bank"),
        ("帮我写一首夸我老板的诗", "writing"),
        ("咳嗽一个星期了喉咙痛吃什么药好得快", "medical"),
    ],
)
def test_another_offices_matter_is_known_by_its_kind(message: str, kind: str):
    judged = shipped_scope().judge(message)

    assert judged.ours < 0
    assert judged.kind == kind


def test_a_message_without_a_known_word_is_judged_all_the_same():
    assert 0 <= shipped_scope().judge("ξψ").probability <= 1


def test_there_is_a_reply_for_every_kind_that_can_be_told():
    kinds = set(outside(SHIPPED_CORPUS / "outside"))

    assert kinds == set(shipped_scope().kinds[1:])
    assert kinds - keys("answers", "outside") == {"near_miss"}  # only sounds like ours: nobody to send to


def test_a_model_is_the_same_after_a_round_trip_to_disk(tmp_path: Path):
    model = train_scope(
        ["低保怎么申请", "低保发多少钱", "工伤怎么认定"] * 3, {"weather": ["明天下雨吗", "明天冷不冷"] * 3}
    )
    model.save(tmp_path / "model")

    again = ScopeModel.load(tmp_path / "model")

    assert again.judge("低保怎么办").ours > 0 > again.judge("明天下雪吗").ours
    assert again.judge("低保怎么办").ours == pytest.approx(model.judge("低保怎么办").ours, abs=0.05)


def test_questions_about_other_offices_laws_do_not_teach_what_is_ours():
    asked = AskedQuestions("某办法", None, {"第一条": ("饭卡丢了怎么办",)}, ours=False)

    assert ours([], [asked], []) == []


def test_a_file_of_another_form_is_refused_with_its_name(tmp_path: Path):
    (tmp_path / "x.yml").write_text("- 只有列表", "utf-8")

    with pytest.raises(BadEntry, match=r"x\.yml"):
        outside(tmp_path)


def test_messages_are_scored_by_what_was_done_with_them():
    messages = [
        OtherMessage("下雨吗", "weather", ("redirect",)),
        OtherMessage("骗保教我", "legal_abuse", ("refuse",)),
        OtherMessage("在吗", "chitchat", ("smalltalk", "escalate")),
    ]
    outcomes = {"下雨吗": "out_of_scope", "骗保教我": "answered", "在吗": "smalltalk"}

    figures = score_messages(messages, outcomes.__getitem__)

    assert figures["total"] == {"messages": 3, "answered_as_policy": 0.3333, "handled_right": 0.6667}
    assert figures["by"]["legal_abuse"]["answered_as_policy"] == 1.0
    assert [wrong["message"] for wrong in figures["wrong"]] == ["骗保教我"]


def test_a_broken_line_of_messages_is_named(tmp_path: Path):
    path = tmp_path / "m.jsonl"
    path.write_text(
        '{"message": "在吗", "kind": "chitchat", "expected": "smalltalk"}\n{"message": 1}\n', "utf-8"
    )

    with pytest.raises(BadQuestions, match="line 2"):
        read_messages(path)


def test_asking_nonsense_back_counts_where_a_set_wants_it_sent_on_and_nowhere_else():
    nonsense = OtherMessage("哔哔哔", "gibberish", ("redirect",))
    matter = OtherMessage("水表转得飞快", "utility", ("redirect",))

    figures = score_messages([nonsense, matter], lambda message: "clarify")

    assert [one["kind"] for one in figures["wrong"]] == ["utility"]
