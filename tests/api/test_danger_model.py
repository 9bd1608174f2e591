"""危险模型：同样的样句练出同样的模型，说得出理由，量得出好坏。"""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from api.chat.danger import DangerScreen, danger_phrases
from api.chat.danger_model import KINDS, MANIFEST_FILE, MODEL_FILE, SHIPPED_MODEL, load_model
from api.chat.danger_model.checking import check, read_labelled
from api.chat.danger_model.explaining import explain
from api.chat.danger_model.features import LONGEST_CLAUSE, features, plain_text, windows
from api.chat.danger_model.training import EXAMPLES, Example, read_examples, read_file, threshold_at
from api.commands import app
from api.commands.doctor import _danger_model
from api.settings import Settings
from knowledge.normalisation import searchable


def printed(result):
    """The JSON that a command printed; other threads of the test run may log beside it."""
    start = re.search(r"^\{", result.output, re.MULTILINE).start()
    return json.JSONDecoder().raw_decode(result.output[start:])[0]


@pytest.fixture(scope="module")
def screen():
    return DangerScreen(danger_phrases(), searchable)


@pytest.fixture(scope="module")
def few_examples(tmp_path_factory):
    """A folder of two small files, as two writers would leave them."""
    folder = tmp_path_factory.mktemp("examples")
    for name in ("a1.zh.yml", "b1.zh.yml"):
        lines = (EXAMPLES / name).read_text("utf-8").splitlines(keepends=True)
        rows = [line for line in lines if line.startswith("- ")]
        (folder / name).write_text("".join(rows[::3]), "utf-8")
    return folder


def test_the_examples_are_labelled_with_known_kinds_and_never_repeat():
    examples = read_examples()
    texts = ["".join(filter(str.isalnum, example.text)) or example.text for example in examples]

    assert {example.kind for example in examples} == {None, *KINDS}
    assert len(texts) - len(set(texts)) <= 0.005 * len(texts)


def test_dialects_and_scripts_are_brought_into_one_spelling():
    assert plain_text("我冇飯吃") == plain_text("我没有饭吃")
    assert plain_text("３天 没吃") == plain_text("3天没吃")


def test_homophones_share_their_sound():
    """拼音打错的字，听起来还是那句话。"""
    shared = features(plain_text("我不想活了")) & features(plain_text("我不像活了"))

    assert any(feature.startswith("p:") and len(feature) == 5 for feature in shared)


def test_speech_without_punctuation_is_judged_in_parts():
    parts = windows("我" * 200)

    assert len(parts) > 3
    assert all(len(part) <= 2 * LONGEST_CLAUSE + 1 for part in parts)


def test_the_same_examples_give_the_same_model(few_examples, tmp_path):
    """命令可以重复：同样的样句，同样的模型。"""
    for name in ("one", "two"):
        result = CliRunner().invoke(
            app, ["danger", "train", "--examples", str(few_examples), "--out", str(tmp_path / name)]
        )
        assert result.exit_code == 0, result.output

    one, two = load_model(tmp_path / "one"), load_model(tmp_path / "two")
    manifest = json.loads((tmp_path / "one" / MANIFEST_FILE).read_text("utf-8"))

    assert one.vocabulary == two.vocabulary
    assert np.array_equal(one.weights, two.weights)
    assert one.thresholds == two.thresholds
    assert manifest["left_out"]["false_alarms"] <= 0.06
    assert manifest["left_out"]["recall"] > 0.5


def test_a_row_with_an_unknown_kind_is_named_and_nothing_is_saved(tmp_path):
    (tmp_path / "a1.zh.yml").write_text('- {kind: earthquake, text: "地震了"}\n', "utf-8")

    result = CliRunner().invoke(
        app, ["danger", "train", "--examples", str(tmp_path), "--out", str(tmp_path / "out")]
    )

    assert result.exit_code == 1
    assert "row 1" in result.output
    assert "地震" not in result.output
    assert not (tmp_path / "out").exists()


def test_the_shipped_model_is_small_and_says_how_good_it_is():
    manifest = json.loads((SHIPPED_MODEL / MANIFEST_FILE).read_text("utf-8"))

    assert (SHIPPED_MODEL / MODEL_FILE).stat().st_size < 3_000_000
    assert manifest["examples"]["all"] == len(read_examples())
    assert manifest["left_out"]["false_alarms"] <= 0.06
    assert set(manifest["left_out"]["by_kind"]) == set(KINDS)


def test_the_doctor_warns_of_an_unreadable_model(tmp_path):
    settings = Settings(data_dir=tmp_path)

    assert _danger_model(settings).ok
    broken = _danger_model(settings, tmp_path)
    assert not broken.ok
    assert "hotline danger train" in broken.detail and "rules alone" in broken.detail


def test_the_threshold_lets_the_wanted_share_through():
    odds = np.arange(100.0)

    assert (odds >= threshold_at(odds, 0.05)).sum() == 5
    assert (odds >= threshold_at(odds, 0.0)).sum() == 0


def test_an_explanation_names_rule_words_and_examples(screen):
    examples = read_file(EXAMPLES / "d1.zh.yml")

    explanation = explain(screen, "我不想活了，农药买好了，今晚就喝", (), examples)

    assert explanation.outcome == "alarm"
    assert explanation.kind == "suicide_selfharm"
    assert any(rule.startswith("suicide_selfharm!") for rule in explanation.rules)
    assert any("手段" in word or "农药" in word for word in explanation.words_for)
    assert len(explanation.nearest) == 3


def test_an_ordinary_message_is_explained_too():
    result = CliRunner().invoke(app, ["danger", "explain", "低保要什么条件", "--json"])
    explanation = printed(result)

    assert explanation["outcome"] == "nothing"
    assert explanation["kind"] is None
    assert explanation["odds"] < explanation["doubt_at"]


def test_a_check_counts_what_was_seen_missed_and_cried_wolf():
    rows = [
        Example("甲", "starvation", "x"),
        Example("乙", "starvation", "x"),
        Example("丙", None, "x"),
        Example("丁", None, "x"),
    ]
    guesses = {"甲": "medical_emergency", "丙": "starvation"}

    checked = check(rows, guesses.get)

    assert checked.recall == 0.5
    assert checked.false_alarms == 0.5
    assert checked.kind_right == 0
    assert [example.text for example, _ in checked.misses] == ["乙", "丙"]


def test_a_check_tells_no_sentence_unless_asked(tmp_path):
    """量的时候不露句子，除非要看漏了哪些。"""
    file = tmp_path / "held_out.jsonl"
    rows = [
        {"message": "低保要什么条件", "crisis": True, "kind": "starvation"},
        {"message": "救命", "crisis": True, "kind": "domestic_violence_now"},
        {"message": "确认", "crisis": False, "kind": "ordinary"},
    ]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")

    quiet = CliRunner().invoke(app, ["danger", "check", str(file), "--json"])
    told = CliRunner().invoke(app, ["danger", "check", str(file), "--json", "--misses"])

    assert read_labelled(file)[2].kind is None
    assert "低保" not in quiet.output
    assert printed(quiet)["recall"] == 0.5
    assert printed(told)["misses"][0]["text"] == "低保要什么条件"
