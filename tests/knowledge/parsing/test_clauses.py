from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.library import SHIPPED_CORPUS
from knowledge.parsing.clauses import clause_at, clauses
from knowledge.parsing.structure import parse
from knowledge.readers import read
from knowledge.references import ClauseAddress, named_clauses

ARTICLE = """第十一条 申请人应当提出申请。

有下列情形之一的，可以委托他人：

（一）行动不便的；

（二）下列人员：

1.老人；
2.儿童；

（三）其他。

受托人应当办理。"""


def test_each_part_has_its_address():
    assert [(c.address, c.words) for c in clauses(ARTICLE)] == [
        ("第一款", "申请人应当提出申请。"),
        ("第二款", "有下列情形之一的，可以委托他人："),
        ("第二款第（一）项", "（一）行动不便的；"),
        ("第二款第（二）项", "（二）下列人员："),
        ("第二款第（二）项第1目", "1.老人；"),
        ("第二款第（二）项第2目", "2.儿童；"),
        ("第二款第（三）项", "（三）其他。"),
        ("第三款", "受托人应当办理。"),
    ]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"paragraph": 1}, "申请人应当提出申请。"),
        ({"paragraph": 2, "item": 1}, "（一）行动不便的；"),
        ({"paragraph": 2, "item": 2}, "（二）下列人员：\n\n1.老人；\n2.儿童；"),
        ({"item": 3}, "（三）其他。"),
        ({"paragraph": 2, "item": 2, "point": 2}, "2.儿童；"),
        ({"paragraph": 4}, ""),
        ({"paragraph": 1, "item": 1}, ""),
    ],
)
def test_a_part_is_found_by_its_address_with_all_that_belongs_to_it(address: dict[str, int], words: str):
    assert clause_at(ARTICLE, **address) == words


@pytest.mark.parametrize("sign", ["（{}）", "({})"])
@pytest.mark.parametrize("numbers", ["一二三", "123"])
def test_items_are_told_by_all_their_signs(sign: str, numbers: str):
    text = "第一条 下列：\n" + "\n".join(sign.format(number) + "项；" for number in numbers)

    assert [c.item for c in clauses(text)] == [0, 1, 2, 3]


@pytest.mark.parametrize("signs", ["㈠㈡", "①②", ["1.", "2."], ["1．", "2．"], ["1、", "2、"]])
def test_other_signs_of_items_are_told_too(signs: str):
    text = "第一条 下列：\n" + "\n".join(f"{sign}项；" for sign in signs)

    assert [c.item for c in clauses(text)] == [0, 1, 2]


def test_a_list_inside_one_line_is_cut_at_its_items():
    parts = clauses("第一条 下列人员：（一）老人；（二）儿童。")

    assert [c.words for c in parts] == ["下列人员：", "（一）老人；", "（二）儿童。"]


def test_a_reference_to_items_is_not_a_list():
    assert len(clauses("第二条 违反第一条第（一）项、第（二）项的，依照前款处理。")) == 1


def test_a_paragraph_between_items_belongs_to_the_item_before_it():
    """诉讼费用交纳办法第十四条：第（二）项之后另起一段，接着是第（三）项。"""
    parts = clauses("第十四条 下列：\n（一）甲。\n（二）乙。\n乙的说明。\n（三）丙。")

    assert [(c.paragraph, c.item) for c in parts] == [(1, 0), (1, 1), (1, 2), (1, 2), (1, 3)]


@pytest.mark.parametrize("path", sorted((SHIPPED_CORPUS / "laws").rglob("*.md")), ids=lambda path: path.stem)
def test_the_parts_of_every_article_are_the_article_again(path: Path):
    for unit in parse(read(path).lines).units:
        assert "".join(c.text for c in clauses(unit.text)) == unit.text


@given(st.text(alphabet="第一二条（）(). 1①；：。\n\u3000甲乙", max_size=60))
def test_the_parts_of_any_text_are_the_text_again(text: str):
    assert "".join(c.text for c in clauses(text)) == text


@pytest.mark.parametrize(
    ("question", "address"),
    [
        ("第十一条第二款第（三）项", ("第十一条", 2, 3, None)),
        ("第11条第2款第3项", ("第十一条", 2, 3, None)),
        ("第１１条第２款", ("第十一条", 2, None, None)),
        ("第九条第(三)项第2目", ("第九条", None, 3, 2)),
        ("那第二款呢", (None, 2, None, None)),
    ],
)
def test_a_question_names_a_part_in_the_usual_spellings(
    question: str, address: tuple[str | None, int | None, int | None, int | None]
):
    assert named_clauses(question) == [ClauseAddress(*address)]


@pytest.mark.parametrize("question", ["三项补贴怎么领", "一项政策", "给一笔款", "第十一条讲什么"])
def test_a_number_of_things_names_no_part(question: str):
    assert named_clauses(question) == []
