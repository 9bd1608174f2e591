"""The numbers Word sets by itself: whoever loses them loses the article."""

from __future__ import annotations

import pytest

from knowledge.parsing import structure
from tests.knowledge.readers.word_files import abstract, item, level, lines_of, numbered, p


def test_article_numbers_set_by_word_open_their_articles():
    """条号由 Word 自动编号（第%1条），不在文字里，丢了就丢了整条。"""
    numbering = abstract(level(0, "chineseCountingThousand", "第%1条")) + numbered(1)
    body = "".join(item(f"第{n}项规定。") for n in range(1, 122))
    articles = structure.parse(lines_of(body, numbering=numbering)).articles
    assert [article.number for article in articles] == list(range(1, 122))
    assert (articles[20].article, articles[110].article) == ("第二十一条", "第一百一十一条")
    assert articles[0].text == "第一条　第1项规定。"


def test_articles_run_on_through_the_chapters_where_the_list_says_so():
    """章、条、项多级编号：条号不因换章重新开始（lvlRestart=0），项号每条重新开始。"""
    numbering = abstract(
        level(0, "chineseCounting", "第%1章", '<w:suff w:val="space"/>'),
        level(1, "chineseCountingThousand", "第%2条", '<w:lvlRestart w:val="0"/>'),
        level(2, "chineseCounting", "（%3）"),
    ) + numbered(1)
    body = (
        item("总则")
        + item("甲。", 1)
        + item("乙：", 1)
        + item("子；", 2)
        + item("丑。", 2)
        + item("附则")
        + item("丙：", 1)
        + item("寅。", 2)
    )
    assert lines_of(body, numbering=numbering) == [
        "第一章　总则",
        "第一条　甲。",
        "第二条　乙：",
        "（一）子；",
        "（二）丑。",
        "第二章　附则",
        "第三条　丙：",
        "（一）寅。",
    ]


def test_a_number_bound_to_a_style_is_set_for_paragraphs_of_that_style():
    """编号写在样式里，段落自己没有 numPr；级别由编号里的 pStyle 指明。"""
    styles = (
        '<w:style w:type="paragraph" w:styleId="a1"><w:name w:val="法条"/>'
        '<w:pPr><w:numPr><w:numId w:val="3"/></w:numPr>'
        '</w:pPr></w:style><w:style w:type="paragraph" w:styleId="a2">'
        '<w:name w:val="法条二"/><w:basedOn w:val="a1"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="b"><w:name w:val="章"/><w:pPr>'
        '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/>'
        "</w:numPr></w:pPr></w:style>"
    )
    numbering = abstract(
        level(0, "chineseCounting", "第%1章"),
        level(1, "chineseCounting", "第%2条", '<w:lvlRestart w:val="0"/><w:pStyle w:val="a1"/>'),
    ) + numbered(3)
    body = (
        p("总则", '<w:pStyle w:val="b"/>')
        + p("甲。", '<w:pStyle w:val="a1"/>')
        + p("乙。", '<w:pStyle w:val="a1"/>')
    )
    assert lines_of(body, numbering=numbering, styles=styles) == [
        "第一章　总则",
        "第一条　甲。",
        "第二条　乙。",
    ]


def test_a_paragraph_may_switch_the_number_of_its_style_off():
    styles = (
        '<w:style w:type="paragraph" w:styleId="a"><w:name w:val="条"/><w:pPr>'
        '<w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
        "</w:style>"
    )
    numbering = abstract(level(0, "chineseCounting", "第%1条")) + numbered(1)
    body = p("甲。", '<w:pStyle w:val="a"/>') + p(
        "接上款。", '<w:pStyle w:val="a"/><w:numPr><w:numId w:val="0"/></w:numPr>'
    )
    assert lines_of(body, numbering=numbering, styles=styles) == ["第一条　甲。", "接上款。"]


def test_a_list_with_its_own_start_begins_there_and_one_without_goes_on():
    numbering = (
        abstract(level(0, "chineseCounting", "第%1条"))
        + numbered(1)
        + numbered(2)
        + numbered(3, more='<w:lvlOverride w:ilvl="0"><w:startOverride w:val="20"/></w:lvlOverride>')
    )
    body = item("甲。") + item("乙。", list_id=2) + item("丙。", list_id=3) + item("丁。", list_id=3)
    assert lines_of(body, numbering=numbering) == [
        "第一条　甲。",
        "第二条　乙。",
        "第二十条　丙。",
        "第二十一条　丁。",
    ]


@pytest.mark.parametrize(
    ("form", "text", "third"),
    [
        ("decimal", "%1.", "3. 丙"),
        ("decimal", "%1、", "3、丙"),
        ("japaneseCounting", "%1、", "三、丙"),
        ("decimalEnclosedCircle", "%1", "③丙"),
        ("upperLetter", "%1.", "C. 丙"),
        ("lowerRoman", "（%1）", "（iii）丙"),
        ("chineseLegalSimplified", "%1、", "叁、丙"),
        ("ideographTraditional", "%1、", "丙、丙"),
        ("bullet", "\uf0b7", "丙"),
        ("none", "", "丙"),
        ("decimalFullWidth", "（%1）", "（３）丙"),
        ("ideographDigital", "第%1条", "第三条　丙"),
        ("someFutureFormat", "（%1）", "（3）丙"),
    ],
)
def test_numbers_are_written_in_the_format_of_the_list(form: str, text: str, third: str):
    numbering = abstract(level(0, form, text)) + numbered(1)
    assert lines_of(item("甲") + item("乙") + item("丙"), numbering=numbering)[2] == third


def test_numbers_of_several_levels_are_written_together():
    numbering = abstract(
        level(0, "chineseCounting", "%1、"), level(1, "decimal", "%1.%2", "<w:isLgl/>")
    ) + numbered(1)
    body = item("甲") + item("乙") + item("子", 1) + item("丑", 1)
    assert lines_of(body, numbering=numbering) == ["一、甲", "二、乙", "2.1 子", "2.2 丑"]


def test_a_custom_format_falls_back_on_the_known_one_beside_it():
    choice = (
        '<mc:AlternateContent><mc:Choice Requires="w14">'
        '<w:numFmt w:val="custom" w:format="一, 二, 三"/></mc:Choice>'
        '<mc:Fallback><w:numFmt w:val="chineseCounting"/></mc:Fallback></mc:AlternateContent>'
    )
    numbering = abstract(f'<w:lvl w:ilvl="0">{choice}<w:lvlText w:val="第%1条"/></w:lvl>') + numbered(1)
    assert lines_of(item("甲。") + item("乙。"), numbering=numbering) == ["第一条　甲。", "第二条　乙。"]


def test_a_numbering_style_is_followed_to_its_list():
    styles = (
        '<w:style w:type="numbering" w:styleId="L"><w:name w:val="条式"/>'
        '<w:pPr><w:numPr><w:numId w:val="9"/></w:numPr></w:pPr>'
        "</w:style>"
    )
    numbering = (
        abstract('<w:numStyleLink w:val="L"/>', number=0)
        + abstract('<w:styleLink w:val="L"/>', level(0, "chineseCounting", "第%1条"), number=1)
        + numbered(1, of=0)
        + numbered(9, of=1)
    )
    assert lines_of(item("甲。"), numbering=numbering, styles=styles) == ["第一条　甲。"]
