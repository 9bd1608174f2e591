"""危险筛查：真的要报，像而不是的不报；号码在最前面。"""

from pathlib import Path

import pytest
import yaml

from api.chat.danger import DangerScreen, danger_phrases
from knowledge.normalisation import searchable

OWN = yaml.safe_load((Path(__file__).parent / "data" / "danger_own.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def screen():
    return DangerScreen(danger_phrases(), searchable)


@pytest.fixture(scope="module")
def rules_alone():
    return DangerScreen(danger_phrases(), searchable, None)


def test_our_own_sentences_are_told_apart(screen):
    """召回不低于 0.97，误报不高于 0.05（这套句子不在训练样句里）。"""
    rows = OWN["sentences"]
    dangers = [row["text"] for row in rows if row["kind"]]
    others = [row["text"] for row in rows if not row["kind"]]

    missed = [text for text in dangers if screen.look(text) is None]
    alarms = [text for text in others if screen.look(text) is not None]

    assert len(missed) <= 0.03 * len(dangers), missed
    assert len(alarms) <= 0.05 * len(others), alarms


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("我不想活了，安眠药我都买好了，今晚就吃", "suicide_selfharm"),
        ("老公喝醉了正在拿刀追着打我，快来救我", "domestic_violence_now"),
        ("继父半夜脱我的裤子摸我，我好怕，他又要进来了", "child_abuse_now"),
        ("家里断粮了，孩子三天没吃饭，饿得直哭", "starvation"),
        ("我妈有老年痴呆，早上出去走丢了，到处找不到", "missing_person"),
        ("我被骗到传销窝里关起来了，手机身份证都没收了，出不去", "trafficking_confinement"),
        ("家里着火了，楼道全是浓烟，我和孩子困在五楼出不去", "fire_flood_trapped"),
        ("我爸突然倒在地上昏迷不醒，口吐白沫，快救人", "medical_emergency"),
        ("外面下大雪，我没有地方住，睡在桥洞下面快冻死了", "cold_exposure"),
    ],
)
def test_every_kind_of_danger_is_seen_and_named(screen, said, kind):
    danger = screen.look(said)

    assert danger is not None
    assert danger.kind == kind


@pytest.mark.parametrize(
    "said",
    [
        "笑死我了，哈哈哈",
        "去年房子着火烧了，受灾补助怎么申请",
        "我前夫以前打过我，早就离婚了，请问单亲家庭能申请低保吗",
        "老人走失已经找到了，谢谢你们",
        "家里失火了，房子烧了，怎么申请救助",
        "父亲上个月去世了，丧葬费怎么领",
        "癫痫病人能不能办残疾证",
        "冬天取暖补贴什么时候发",
        "低保要什么条件，去哪里申请",
        "我叫王建国，住在白果镇",
        "13800001111",
        "确认",
    ],
)
def test_what_only_looks_like_danger_raises_no_alarm(screen, said):
    assert screen.look(said) is None


@pytest.mark.parametrize(
    "answer",
    ["我电话13912345678，他又来砸门了，拿着刀要杀我，救命", "我叫李芳，住三组，我老公正在打我，快来人救我"],
)
def test_danger_in_the_middle_of_a_form_is_seen(screen, answer):
    """填表填到一半也一样先看危险。"""
    assert screen.look(answer).number == "110"


def test_one_clause_of_a_long_story_is_enough(screen):
    story = "我是白果镇的，今年六十七岁，老伴走了五年，靠种两亩田过日子，去年申请过低保没有批，"
    danger = "现在我孙子掉进水塘里了，在水里扑腾，快来救人，"
    rest = "村里干部也不在，我也不识字，是邻居帮我打的字，不好意思麻烦你们了"

    assert screen.look(story + danger + rest) is not None
    assert screen.look(story + rest) is None


@pytest.mark.parametrize("said", ["我　不想 活了，药都買好了", "我​不想活了，药都买好了"])
def test_spaces_width_and_traditional_characters_hide_nothing(screen, said):
    assert screen.look(said) is not None


@pytest.mark.parametrize("cry", ["你好救命", "救命", "救命啊！", "快来人，救我"])
def test_a_bare_cry_for_help_is_certain_and_gets_110(screen, rules_alone, cry):
    """只喊救命、没说什么事：不靠模型，先给 110。"""
    assert screen.look(cry).number == rules_alone.look(cry).number == "110"
    assert screen.is_certain(cry)


def test_money_that_saves_a_life_is_no_cry_for_help(screen):
    assert screen.look("那笔救命钱什么时候发下来") is None


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("我把一瓶农药喝下去了，不想活了", "120"),
        ("我站在楼顶，我要跳下去，不想活了", "110"),
        ("我不想活了", "12356"),
        ("孩子掉进河里了，快来救人", "119"),
        ("我饿得站不起来，三天没有吃一口饭了", "120"),
        ("流浪汉躺在雪地里冻僵了，叫不醒", "120"),
    ],
)
def test_the_first_number_fits_the_situation(screen, said, number):
    """已经受伤、服毒先打 120；在高处先打 110；落水先打 119。"""
    danger = screen.look(said)

    assert danger.number == number


def _every_reply():
    for kind in danger_phrases()["kinds"]:
        for row in [kind, *kind.get("situations", ())]:
            yield pytest.param(kind, row, id=f"{kind['kind']}-{row['reply'][:12]}")


@pytest.mark.parametrize(("kind", "row"), list(_every_reply()))
def test_every_first_reply_begins_with_its_number_and_calls_a_person(kind, row):
    """第一句就给电话，并且说明已经在叫人。"""
    first = row["reply"].strip().split("。")[0]

    assert row["number"] in first[:16]
    assert "工作人员" in first
    assert row["number"] in kind["acceptable"]
    assert row["number"] in kind["source"] or row["number"] in ("110", "119", "120")
    assert kind["source"]


def test_every_kind_has_a_caring_sentence_with_a_number():
    phrases = danger_phrases()

    assert set(phrases["care"]) == {kind["kind"] for kind in phrases["kinds"]}
    assert all(any(digit.isdigit() for digit in text) for text in phrases["care"].values())


@pytest.mark.parametrize("damage", ["missing", "cut", "another"])
def test_without_a_readable_model_the_rules_stand_alone(tmp_path, damage, screen):
    """模型缺了、坏了、配不上说明书：规则照样报。"""
    from api.chat.danger_model import MANIFEST_FILE, MODEL_FILE, SHIPPED_MODEL

    if damage != "missing":
        whole = (SHIPPED_MODEL / MODEL_FILE).read_bytes()
        (tmp_path / MODEL_FILE).write_bytes(whole[: len(whole) // 2] if damage == "cut" else whole + b"\0")
        (tmp_path / MANIFEST_FILE).write_bytes((SHIPPED_MODEL / MANIFEST_FILE).read_bytes())

    alone = DangerScreen(danger_phrases(), searchable, tmp_path)

    assert screen.model is not None
    assert alone.model is None
    assert alone.look("老公正拿着刀追着打我").kind == "domestic_violence_now"
    assert alone.judge("低保怎么申请").care is None
