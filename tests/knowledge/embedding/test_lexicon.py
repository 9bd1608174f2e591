"""From everyday words to the law's terms."""

from pathlib import Path

import pytest

from knowledge.embedding.lexicon import GAP, Lexicon, LexiconGroup, formal_terms, read_lexicon

LOST_JOB = LexiconGroup("就业", ("失业",), ("丢了工作", "没活干"))
UNPAID = LexiconGroup("工资", ("拖欠工资", "劳动报酬"), ("老板…跑", "工钱"))
UNPAID_WORK = LexiconGroup("工资", ("先行清偿",), ("工地欠工钱",))


def test_terms_come_once_each_in_the_order_of_the_text():
    lexicon = Lexicon([UNPAID, LOST_JOB])

    assert lexicon.formal_terms("丢了工作，工钱没给，工钱呢") == ["失业", "拖欠工资", "劳动报酬"]


def test_an_expression_inside_a_longer_one_does_not_count():
    lexicon = Lexicon([UNPAID, UNPAID_WORK])

    assert lexicon.formal_terms("工地欠工钱") == ["先行清偿"]


def test_a_gap_stands_for_a_few_characters_of_the_same_sentence():
    lexicon = Lexicon([UNPAID])

    assert lexicon.formal_terms("老板昨天夜里跑了") == ["拖欠工资", "劳动报酬"]
    assert lexicon.formal_terms("老板在。我想跑") == []
    assert lexicon.formal_terms("老板说了很多很多很多话就是不肯跑") == []


def test_terms_of_expressions_with_a_gap_come_in_the_order_of_the_lexicon():
    fled = LexiconGroup("家庭", ("抚养费",), ("跑了…不管孩子",))

    assert Lexicon([UNPAID, fled]).formal_terms("他跑了，不管孩子，老板也跑了") == [
        "拖欠工资",
        "劳动报酬",
        "抚养费",
    ]


def test_width_and_case_make_no_difference():
    lexicon = Lexicon([LexiconGroup("医疗", ("重症监护",), ("进了ICU",))])

    assert lexicon.formal_terms("我爸进了ｉｃｕ") == ["重症监护"]


def test_text_without_everyday_expressions_has_no_terms():
    assert Lexicon([UNPAID]).formal_terms("") == []
    assert Lexicon([UNPAID]).formal_terms("你好") == []


def test_an_unquoted_number_is_named_with_its_file(tmp_path: Path):
    (tmp_path / "jiuye.yml").write_text(
        "topic: 就业\ngroups:\n  - {formal: [就业援助], colloquial: [4050]}\n", encoding="utf-8"
    )

    with pytest.raises(ValueError, match=r"jiuye\.yml.*4050.*quotes"):
        read_lexicon(tmp_path)


def test_a_file_without_groups_is_refused(tmp_path: Path):
    (tmp_path / "empty.yml").write_text("topic: 就业\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"empty\.yml"):
        read_lexicon(tmp_path)


def test_the_shipped_lexicon_covers_the_field():
    """按主题分组，至少 250 组、1,000 个口语说法。"""
    groups = read_lexicon()

    assert len(groups) >= 250
    assert len({said for group in groups for said in group.colloquial}) >= 1000
    assert len({group.topic for group in groups}) >= 15


def test_shipped_expressions_are_long_enough_and_no_gap_stands_at_an_edge():
    """一个字的说法和两端的省略号会到处误中。"""
    for group in read_lexicon():
        assert group.formal, group
        for said in group.colloquial:
            assert len(said) >= 2, said
            assert not said.startswith(GAP) and not said.endswith((GAP, "…")), said
            assert len(set(group.colloquial)) == len(group.colloquial), group


@pytest.mark.parametrize(
    ("said", "meant", "not_meant"),
    [
        ("前夫不给孩子抚养费", "抚养费", "赡养费"),
        ("儿子不给我养老钱，想要赡养费", "赡养", "抚养费"),
        ("我病了老公不管我", "扶养费", "赡养费"),
        ("堂客死了，想立遗嘱", "遗嘱", "法定继承"),
        ("屋里冇米了", "先行救助", "农业保险"),
        ("我娭毑走丢了", "受助人员身份", "殡葬"),
        ("我崽想过继给他伯伯", "收养", "继承"),
    ],
)
def test_words_that_the_law_tells_apart_are_told_apart(said: str, meant: str, not_meant: str):
    """抚养（对子女）、赡养（对父母）、扶养（夫妻、兄弟姐妹之间）不是一回事。"""
    terms = "，".join(formal_terms(said))

    assert meant in terms
    assert not_meant not in terms
