"""Word files as offices make them: the words of the text, in order, and nothing else."""

from __future__ import annotations

import io
from datetime import date

import docx as python_docx
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.parsing import structure
from tests.knowledge.readers.word_files import (
    FIRST,
    SECOND,
    SPACES,
    abstract,
    item,
    level,
    lines_of,
    numbered,
    p,
    r,
    read,
    table,
    word,
)


def test_an_information_table_at_the_head_goes_to_the_hints():
    head = table(["发文机关", "文种", "状态"], ["国务院", "行政法规", "现行有效"])
    source = read(word(p("互助救济办法") + head + p(FIRST) + p(SECOND)))
    assert source.lines == ("互助救济办法", FIRST, SECOND)
    assert source.hints.issuer == "国务院"


def test_an_information_table_of_pairs_goes_to_the_hints():
    head = table(
        ["发文字号", "湘民发〔2021〕12号", "成文日期", "2021年7月9日"],
        ["发文机关：", "湖南省民政厅", "施行日期：", "2021-08-01"],
    )
    hints = read(word(head + p(FIRST))).hints
    assert (hints.document_no, hints.issuer) == ("湘民发〔2021〕12号", "湖南省民政厅")
    assert (hints.promulgated_on, hints.effective_from) == (date(2021, 7, 9), date(2021, 8, 1))


def test_an_answer_in_a_table_opens_its_article_and_the_question_stands_over_it():
    body = table(
        ["序号", "问题", "依据"],
        ["1", "多久办结？", "第二条 二十日内办结。"],
        ["2", "谁来申请？", "第五条 由本人申请。"],
    )
    articles = structure.parse(lines_of(body)).articles
    assert [article.text for article in articles] == ["第二条 二十日内办结。", "第五条 由本人申请。"]
    assert articles[1].path == ("2｜谁来申请？",)


def test_a_number_in_a_cell_of_its_own_opens_the_line_also_beside_a_nested_table():
    nested = p("补助标准：") + table(["一类", "500元"], ["二类", "300元"]) + p("由县级人民政府公布。")
    body = f"<w:tbl><w:tr><w:tc>{p('第三条')}</w:tc><w:tc>{nested}</w:tc></w:tr></w:tbl>"
    assert lines_of(body) == ["第三条　补助标准：", "一类｜500元", "二类｜300元", "由县级人民政府公布。"]


def test_merged_cells_say_their_words_once():
    merged = (
        f'<w:tbl><w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>'
        f"{p('一类')}</w:tc><w:tc>{p('城市')}</w:tc></w:tr>"
        f"<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr>{p('一类')}</w:tc><w:tc>{p('农村')}</w:tc></w:tr>"
        f'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{p("合计")}</w:tc></w:tr></w:tbl>'
    )
    assert lines_of(merged) == ["一类｜城市", "农村", "合计"]


def test_tables_and_paragraphs_keep_their_order():
    assert lines_of(p("甲") + table(["一", "二"]) + p("乙") + table(["三", "四"])) == [
        "甲",
        "一｜二",
        "乙",
        "三｜四",
    ]


def test_titles_and_chapter_headings_are_marked_and_articles_in_a_heading_style_are_not():
    """条文常被设成“标题 3”以便导航，不能当标题丢掉。"""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in (("T", "Title"), ("1", "heading 1"), ("3", "heading 3"))
    )
    body = (
        p("互助救济", '<w:pStyle w:val="T"/>')
        + p("办法", '<w:pStyle w:val="T"/>')
        + p("第一章总则", '<w:pStyle w:val="1"/>')
        + p(FIRST, '<w:pStyle w:val="3"/>')
        + p("（一）申请", '<w:pStyle w:val="3"/>')
    )
    assert lines_of(body, styles=styles) == ["# 互助救济办法", "## 第一章总则", FIRST, "（一）申请"]


def test_deleted_words_go_and_inserted_ones_stay():
    body = p(
        runs=r("第一条 补助")
        + "<w:del><w:r><w:delText>三百元</w:delText></w:r></w:del><w:ins>"
        + r("五百元")
        + "</w:ins>"
        + "<w:moveFrom><w:r><w:t>移走</w:t></w:r></w:moveFrom><w:moveTo>"
        + r("按月")
        + "</w:moveTo>"
        + r("发放。")
    )
    source = read(word(body))
    assert source.lines == ("第一条 补助五百元按月发放。",)
    assert source.notes == ("tracked_changes:4",)


def test_a_paragraph_whose_end_was_deleted_runs_on_in_the_next_and_takes_no_number():
    numbering = abstract(level(0, "chineseCounting", "第%1条")) + numbered(1)
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    gone = p(
        "", f"{number}<w:rPr><w:del/></w:rPr>", "<w:del><w:r><w:delText>旧的一条</w:delText></w:r></w:del>"
    )
    assert lines_of(item("甲。") + gone + item("乙。"), numbering=numbering) == [
        "第一条　甲。",
        "第二条　乙。",
    ]


def test_links_controls_and_fields_keep_their_words():
    body = p(
        runs=r("第一条 按照")
        + f'<w:hyperlink r:id="r9">{r("《慈善法》")}</w:hyperlink><w:sdt><w:sdtContent>{r("和有关")}'
        f"</w:sdtContent></w:sdt><w:smartTag>{r('规定')}</w:smartTag>"
        f'<w:fldSimple w:instr=" REF x ">{r("执行")}</w:fldSimple>'
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "x" </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{r("（见附件）")}<w:r>'
        f'<w:fldChar w:fldCharType="end"/></w:r>{r("。")}'
    )
    block = f"<w:sdt><w:sdtContent>{p(SECOND)}</w:sdtContent></w:sdt>"
    assert lines_of(body + block) == ["第一条 按照《慈善法》和有关规定执行（见附件）。", SECOND]


def test_a_table_of_contents_stays_out():
    """目录域跨许多段落，里面的“第一章”不是正文。"""

    def char(kind):
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    contents = (
        p("目　录")
        + p(
            runs=char("begin")
            + '<w:r><w:instrText> TOC \\o "1-3" </w:instrText></w:r>'
            + char("separate")
            + r("第一章 总则\t1")
        )
        + p("第一条 目录行\t2")
        + p(runs=char("end"))
    )
    control = (
        "<w:sdt><w:sdtPr><w:docPartObj>"
        '<w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        "<w:sdtContent>"
        f"{p('第一章 总则 1')}</w:sdtContent></w:sdt>"
    )
    styles = '<w:style w:type="paragraph" w:styleId="10"><w:name w:val="toc 1"/></w:style>'
    flat = p("第一章 总则\t1", '<w:pStyle w:val="10"/>')
    assert lines_of(p("办法") + contents + control + flat + p(FIRST), styles=styles) == ["办法", FIRST]


def test_a_field_that_never_ends_swallows_nothing():
    broken = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> TOC </w:instrText></w:r>'
    assert lines_of(p("办法", runs=broken) + p(FIRST)) == ["办法", FIRST]


def test_hidden_words_stay_out_by_their_own_switch_or_by_their_style():
    styles = (
        '<w:style w:type="character" w:styleId="H"><w:name w:val="隐"/><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="P"><w:name w:val="隐段"/><w:rPr><w:vanish/></w:rPr></w:style>'
    )
    body = p(
        runs=r("第一条 甲")
        + r("藏", "<w:vanish/>")
        + r("匿", '<w:rStyle w:val="H"/>')
        + r("乙。", '<w:vanish w:val="0"/>')
    )
    assert lines_of(body + p("整段藏匿", '<w:pStyle w:val="P"/>'), styles=styles) == ["第一条 甲乙。"]


def test_notes_comments_headers_and_footers_stay_out():
    body = p(
        runs=r("第一条 甲")
        + '<w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:commentReference w:id="1"/></w:r>'
        + r("乙。")
    )
    parts = {
        f"word/{name}.xml": f"<w:{tag} {SPACES}>{p('不是正文')}</w:{tag}>"
        for name, tag in (
            ("header1", "hdr"),
            ("footer1", "ftr"),
            ("footnotes", "footnotes"),
            ("comments", "comments"),
        )
    }
    source = read(word(body, parts=parts))
    assert source.lines == ("第一条 甲乙。",)
    assert source.notes == ("footnotes:1",)


def test_a_text_box_is_read_once():
    """文本框在 mc:Choice 和 mc:Fallback 里各写一遍。"""
    box = f"<w:txbxContent>{p('湘政发〔2024〕3号')}</w:txbxContent>"
    run = (
        "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:wsp><wps:txbx>"
        + box
        + "</wps:txbx></wps:wsp>"
        "</w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>"
        + box
        + "</v:textbox></v:shape></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )
    source = read(word(p("互助救济办法", runs=run) + p(FIRST)))
    assert source.lines == ("互助救济办法", "湘政发〔2024〕3号", FIRST)
    assert source.notes == ("text_boxes:1",)


def test_breaks_tabs_and_spaces_are_kept_as_they_are():
    body = p(
        runs="<w:r><w:t>第一条</w:t><w:tab/><w:t>甲\u00a0乙：</w:t><w:br/><w:t>　　"
        "（一）丙</w:t><w:noBreakHyphen/><w:t>丁</w:t>"
        '<w:br w:type="page"/><w:t>戊。</w:t></w:r>'
    )
    assert lines_of(body) == ["第一条\t甲\u00a0乙：", "（一）丙-丁戊。"]


def test_a_bold_number_without_a_space_still_opens_its_article():
    body = p(runs=r("第一条", "<w:b/>") + r("为了帮助群众。")) + p(
        runs=r("第一条", "<w:b/>") + r("规定的群众。")
    )
    assert lines_of(body) == ["第一条　为了帮助群众。", "第一条规定的群众。"]


def test_pinyin_above_the_words_is_no_word():
    ruby = f"<w:r><w:ruby><w:rt>{r('shàn')}</w:rt><w:rubyBase>{r('赡')}</w:rubyBase></w:ruby></w:r>"
    source = read(word(p(runs=r("第一条 ") + ruby + r("养人。"))))
    assert source.lines == ("第一条 赡养人。",)
    assert source.notes == ("phonetic_glosses:1",)


def test_properties_count_only_where_the_text_bears_them_out():
    """核心属性常是上一份文件留下的。"""

    def core(title, creator):
        return {
            "docProps/core.xml": '<c xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{title}</dc:title><dc:creator>{creator}</dc:creator></c>"
        }

    body = p("湖南省民政厅") + p("互助救济办法") + p(FIRST)
    borne_out = read(word(body, parts=core("互助救济办法", "湖南省民政厅"))).hints
    left_over = read(word(body, parts=core("关于2019年年检的通知", "张三"))).hints
    assert (borne_out.title, borne_out.issuer) == ("互助救济办法", "湖南省民政厅")
    assert (left_over.title, left_over.issuer) == (None, None)


_WORDS = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
    | st.sampled_from("，。、（）《》“”0123456789ＡａAb%％—·<&>"),
    min_size=1,
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_WORDS.map(lambda text: f"救济{text}"), min_size=1, max_size=8), st.data())
def test_paragraphs_come_out_unchanged(paragraphs: list[str], data: st.DataObject):
    document = python_docx.Document()
    for text in paragraphs:
        cut = data.draw(st.integers(0, len(text)))
        paragraph = document.add_paragraph(text[:cut])
        paragraph.add_run(text[cut:]).bold = True
    packed = io.BytesIO()
    document.save(packed)
    assert list(read(packed.getvalue()).lines) == paragraphs
