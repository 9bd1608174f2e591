"""Characters, encodings, markup beyond reason: every paragraph comes out unchanged or the page is refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.parsing import structure
from knowledge.readers import html
from tests.knowledge.readers.pages import (
    ARTICLES,
    FOOTER,
    NAVIGATION,
    NOISE,
    PARAGRAPHS,
    STYLE,
    WITH_TITLE,
    lines_of,
    page,
    refusal,
)


def test_entities_are_decoded_and_nothing_else_is_changed():
    body = (
        "<p>第一条 补助&ldquo;每人&#19968;份&rdquo;，&#x4E0D;少于500元&mdash;&m"
        "dash;１０％&lt;含&gt;。Ａ，B,\u200b完．</p>"
    )
    assert lines_of(page(body))[1] == "第一条 补助“每人一份”，不少于500元——１０％<含>。Ａ，B,\u200b完．"


def test_line_breaks_of_the_source_are_no_words():
    body = "<p>第一条\n  为了帮助生活困难的\n      群众，制定本\r\n办法。See the\n  law.</p>"
    assert lines_of(page(body))[1] == "第一条 为了帮助生活困难的群众，制定本办法。See the law."


def test_text_broken_at_a_fixed_width_is_joined():
    """pre 或 br 硬换行的正文要接回原来的段落。"""
    text = (
        "　　第一条　"
        + "为了帮助生活有困难的群众根据有关规定制定本办法由县级人民政府民政部门负责具体工作" * 3
        + "。"
    )
    other = (
        "　　第二条　"
        + "申请粮油补助的向乡镇人民政府或者街道办事处提出书面申请由其在二十日内办结并且告知" * 3
        + "。"
    )
    broken = [line[n : n + 30] for line in (text, other) for n in range(0, len(line), 30)]
    for body in (f"<pre>{chr(10).join(broken)}</pre>", "<div>" + "<br>".join(broken) + "</div>"):
        assert lines_of(page(body))[1:] == [text.strip("　"), other.strip("　")]


def test_traditional_characters_and_glosses_stay_and_are_noted():
    body = "".join(
        f"<p>第{n}條 城市居民對縣(xiàn)級人民政府民政部門審(shěn)批的決定不服，可以依法申請行政複議。</p>"
        for n in "一二三"
    )
    source = html.read(page(body, "條例").encode(), "page.html")
    assert source.lines[-1].startswith("第三條 城市居民對縣(xiàn)級")
    assert source.notes == ("traditional_text", "phonetic_glosses:6")


def test_ruby_annotations_are_not_words_of_the_text():
    body = "<p>第一条 向<ruby>县<rp>(</rp><rt>xiàn</rt><rp>)</rp></ruby>级人民政府提出申请。</p>"
    source = html.read(page(body).encode(), "page.html")
    assert source.lines[1] == "第一条 向县级人民政府提出申请。"
    assert source.notes == ("phonetic_glosses:1",)


def test_a_simplified_law_has_no_notes():
    assert html.read(page(PARAGRAPHS).encode(), "page.html").notes == ()


@pytest.mark.parametrize(
    ("declared", "saved"),
    [
        ("gb2312", "gb18030"),
        ("utf-8", "gb18030"),
        ("gb2312", "utf-8"),
        ("gbk", "utf-8-sig"),
        ("big5", "big5hkscs"),
        ("", "gb18030"),
        ("", "utf-8"),
        ("", "utf-16"),
        ("iso-8859-1", "gb18030"),
        ("nonsense", "gb18030"),
        ("utf-8", "utf-16"),
        ("gb2312", "utf-16-le"),
    ],
)
def test_the_encoding_is_found_whatever_the_page_declares(declared: str, saved: str):
    text = (
        "第一條　本辦法所稱救濟，是指對生活困難的人給予的幫助。"
        if "big5" in saved
        else "第一条　㐂镕区的群众，由民政部门救济。"
    )
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">' if declared else ""
    assert lines_of(f"<html><head>{meta}</head><body><p>{text}</p></body></html>", saved) == [text]


def test_a_broken_byte_costs_one_character_and_a_note():
    raw = (
        page("".join(f"<p>{line}</p>" for line in ARTICLES * 40)).replace("utf-8", "gb2312").encode("gb18030")
    )
    at = raw.index("粮油".encode("gb18030"))
    source = html.read(raw[:at] + b"\xff" + raw[at:], "page.html")
    assert any(note.startswith("unreadable_characters:") for note in source.notes)
    assert len(structure.parse(source.lines).articles) == 120


def test_a_page_nested_beyond_the_parser_is_refused_and_not_cut_short():
    assert refusal(page("<div>" * 20_000 + PARAGRAPHS + "</div>" * 20_000)) == "too_deep"


def test_a_thousand_nested_boxes_are_read():
    assert lines_of(page("<div>" * 1000 + PARAGRAPHS + "</div>" * 1000)) == WITH_TITLE


def test_a_page_of_300_kilobytes_takes_well_under_a_second():
    body = (
        NAVIGATION
        + "<div class='TRS_Editor'>"
        + "".join(f"<p><span>{line}</span></p>" for line in ARTICLES * 700)
    )
    raw = page(body + "</div>").encode()
    started = time.process_time()
    html.read(raw, "page.html")
    assert len(raw) > 300_000
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    "body",
    [
        "<p>第一条 为了帮助群众，制定本办法。<p>第二条 自公布之日起施行。",
        ("<p>第一条 为了帮助群众，制定本办法。</div></p></td><b><p>第二条 自公布之日起施行。</i>"),
        "<table><tr><td>第一条<td>为了帮助群众，制定本办法。<tr><td>第二条<td>自公布之日起施行。",
        ("<P CLASS=a>第一条 为了帮助群众，制定本办法。<BR>第二条 自公布之日起施行。<br/"),
        "<p>第一条 为了帮助群众，制定本办法。</p><p>第二条 自公布之日起施行。<!-- x",
    ],
)
def test_malformed_markup_loses_no_article(body: str):
    articles = structure.parse(lines_of(f"<html><body>{body}")).articles
    assert [article.article for article in articles] == ["第一条", "第二条"]


def test_an_external_entity_is_not_read():
    body = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + page(
        "<p>第一条 为了&x;帮助群众，制定本办法。</p>"
    )
    assert not any("root:" in line for line in lines_of(body))


_LETTERS = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5) | st.sampled_from(
    "，、（）《》“”0123456789ＡａAb%％—·"
)
_WORDS = st.text(_LETTERS, min_size=10, max_size=60)
PARAGRAPH_LISTS = st.lists(_WORDS, min_size=1, max_size=8).map(
    lambda texts: [f"第{'一二三四五六七八'[n]}条　救济{text}。" for n, text in enumerate(texts)]
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


@settings(max_examples=60, deadline=None)
@given(PARAGRAPH_LISTS)
def test_paragraphs_of_a_plain_page_come_out_unchanged(paragraphs: list[str]):
    body = "".join(f"<p>{escaped(text)}</p>" for text in paragraphs)
    assert lines_of(f"<html><body>{body}</body></html>") == paragraphs


@settings(max_examples=60, deadline=None)
@given(
    PARAGRAPH_LISTS,
    st.lists(st.sampled_from(["div", "section", "td", "form", "center"]), max_size=6),
    st.data(),
)
def test_paragraphs_nested_among_noise_come_out_unchanged(
    paragraphs: list[str], boxes: list[str], data: st.DataObject
):
    parts = []
    for text in paragraphs:
        tag = data.draw(st.sampled_from(["p", "div", "li", "h4"]))
        parts.append(
            f"<{tag}>&nbsp;&nbsp;{escaped(text)}</{tag}>{data.draw(st.sampled_from(['', *NOISE.values()]))}"
        )
    body = "".join(parts)
    for tag in boxes:
        body = f"<table><tr><td>{body}</td></tr></table>" if tag == "td" else f"<{tag}>{body}</{tag}>"
    lines = lines_of(page(NAVIGATION + body + FOOTER, title="", head=STYLE))
    assert [line for line in lines if line != "某某市民政局"] == paragraphs
