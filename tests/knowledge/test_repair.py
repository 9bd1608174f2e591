import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
import yaml

from knowledge.entries import load_entries
from knowledge.normalisation import searchable
from knowledge.repair import Change, repair

MESSAGES = yaml.safe_load((Path(__file__).parent / "data" / "misspelt.yml").read_text("utf-8"))
KNOWN_FLOOR = 0.95
HELD_OUT_FLOOR = 0.85


@pytest.mark.parametrize(
    ("said", "meant"),
    [("底保", "低保"), ("临时就助", "临时救助"), ("残急人", "残疾人"), ("建党立卡", "建档立卡")],
)
def test_a_term_typed_with_a_character_of_the_same_sound_is_set_right(said, meant):
    mended = repair(f"请问{said}怎么办理")

    assert mended.text == f"请问{meant}怎么办理"
    assert mended.changes == (Change(said, meant),)


def test_all_changes_are_told_in_the_order_of_the_text():
    """答复里要能说明：您说的“底保”，我按“低保”来查。"""
    mended = repair("我想身请底保，我是残急人")

    assert mended.changes == (Change("身请", "申请"), Change("底保", "低保"), Change("残急人", "残疾人"))


def test_a_text_without_misspelling_comes_back_as_it_is():
    mended = repair("我想申请低保，需要什么材料")

    assert (mended.text, mended.changes) == ("我想申请低保，需要什么材料", ())


@pytest.mark.parametrize("text", ["", "a", "？", "hello 123", "低"])
def test_what_holds_no_term_at_all_is_no_error(text):
    assert repair(text).text == text


def test_the_longest_term_decides():
    """“大病宝险”是大病保险写错了，不只是“保险”写错了。"""
    assert repair("大病宝险怎么报").changes == (Change("大病宝险", "大病保险"),)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("零时救助", "临时救助"), ("流郎汉", "流浪汉"), ("牛浪", "流浪"), ("户恤金", "抚恤金")],
)
def test_sounds_that_the_south_does_not_tell_apart_are_taken_as_equal(said, meant):
    """湖南话里 n/l、h/f、平翘舌、前后鼻音常常不分。"""
    assert repair(f"想问{said}的事").changes == (Change(said, meant),)


def test_two_characters_that_only_sound_alike_are_set_right_for_core_terms_alone():
    """送烟不是送养：只有最常问的两字词才按方音去认。"""
    assert repair("办点事就要送烟送酒").changes == ()


def test_a_word_that_is_right_elsewhere_is_set_right_only_inside_a_term():
    """事业单位就是事业单位；“事业金”才是失业金。"""
    assert repair("事业金怎么领").text == "失业金怎么领"
    assert repair("我在事业单位上班").text == "我在事业单位上班"
    assert repair("工商认定要多久").text == "工伤认定要多久"
    assert repair("去工商局登记").text == "去工商局登记"


def test_a_doubtful_piece_is_set_right_where_its_verb_tells_what_is_meant():
    """“吃地保”是吃低保；“这块地保不住”的“地保”不是。动词本身没有写错，不算在更正里。"""
    assert repair("他家吃地保好多年了").changes == (Change("地保", "低保"),)
    assert repair("这块地保不住了").changes == ()


@pytest.mark.parametrize("text", ["墙上不贴公示", "他在基地上班", "市一院能报销吗", "公示七天", "低保今年停"])
def test_everyday_words_that_only_meet_in_the_sound_of_a_term_stay(text):
    assert repair(text).changes == ()


@pytest.mark.parametrize("text", ["我姓申，叫申青", "我叫李福养", "我家在低宝村"])
def test_names_of_people_and_villages_stay(text):
    assert repair(text).changes == ()


def test_a_person_who_is_told_to_apply_is_not_a_name():
    assert repair("村里叫我身请补助").text == "村里叫我申请补助"


@pytest.mark.parametrize("text", ["我屋里人得哒病", "扶养协议", "使用期", "缓缴社保"])
def test_what_is_said_on_purpose_stays(text):
    """方言里的语气词、本来就有的另一个词，都不是错字。"""
    assert repair(text).changes == ()


def test_most_misspelt_messages_known_while_building_are_set_right():
    assert _recall(MESSAGES["known"]) >= KNOWN_FLOOR


def test_most_misspelt_messages_held_out_are_set_right():
    assert len(MESSAGES["known"]) + len(MESSAGES["held_out"]) >= 120
    assert _recall(MESSAGES["held_out"]) >= HELD_OUT_FLOOR


@pytest.mark.parametrize("half", ["clean_known", "clean_held_out"])
def test_no_message_that_is_right_is_changed(half):
    """改错一个对的字，比漏改一个错的字更糟。"""
    changed = {text: repair(searchable(text)).changes for text in MESSAGES[half]}

    assert len(MESSAGES[half]) >= 120
    assert {text: changes for text, changes in changed.items() if changes} == {}


def test_the_titles_and_answers_of_our_own_entries_are_not_changed():
    entries = load_entries(resources.files("knowledge") / "corpus" / "entries")
    texts = [searchable(text) for entry in entries for text in (entry.title, entry.answer)]

    assert {text for text in texts if repair(text).changes} == set()


def test_what_was_set_right_needs_no_second_repair():
    mended = [repair(searchable(row[0])).text for row in MESSAGES["known"] + MESSAGES["held_out"]]

    assert [repair(text).text for text in mended] == mended


def test_threads_that_come_first_together_find_the_same():
    """每个线程都可能是第一个用到词表的。"""
    script = (
        "from concurrent.futures import ThreadPoolExecutor; from knowledge.repair import repair\n"
        "with ThreadPoolExecutor(8) as pool: found = list(pool.map(repair, ['想问底保，我是残急人'] * 64))\n"
        "print(len(found), *{mended.text for mended in found})"
    )

    assert _python(script) == "64 想问低保，我是残疾人"


def test_nothing_is_read_before_the_first_repair_and_the_phrases_of_pypinyin_never():
    """没人写错字以前，进程不为拼音付出时间和内存。"""
    script = (
        "import sys, knowledge.repair as r\n"
        "print(r._terms.cache_info().currsize, 'jieba' in sys.modules)\n"
        "r.repair('底保怎么办')\n"
        "print(r._terms.cache_info().currsize, 'pypinyin' in sys.modules)"
    )

    assert _python(script) == "0 False\n1 False"


def test_every_term_is_written_once_and_short_enough_to_be_found():
    text = (resources.files("knowledge") / "dictionary" / "terms_repaired.txt").read_text("utf-8")
    sections = dict(part.split("]\n", 1) for part in text.split("\n[")[1:])
    lines = [line for line in sections["terms"].splitlines() if not line.startswith("#")]
    terms = " ".join(lines).replace("|", "").split()

    assert 1000 <= len(terms) == len(set(terms))
    assert {term for term in terms if not 2 <= len(term) <= 6} == set()
    assert set(terms) & set(sections["kept"].split()) == set()


def _recall(rows: list[list[str]]) -> float:
    """Share of the messages that come out with what was meant, and otherwise as they were."""
    right = [
        repair(searchable(text)).text == searchable(text.replace(said, meant)) for text, said, meant in rows
    ]
    return sum(right) / len(right)


def _python(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.strip()
