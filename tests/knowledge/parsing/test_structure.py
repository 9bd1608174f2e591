import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.parsing.structure import as_read, parse

FRONT = ["# 甲办法", "", "2014年2月21日 国务院令第1号公布", "", "<!-- INFO END -->", ""]


def articles(*lines: str) -> list[tuple[str, tuple[str, ...], str]]:
    return [(a.article, a.path, a.text) for a in parse([*FRONT, *lines]).articles]


def test_paragraphs_and_items_stay_with_their_article():
    """约一半的条有多个自然段，按空行切会丢掉条号。"""
    found = articles("第一条 第一款。", "", "第二款：", "（一）甲；", "(二)乙。", "第二条 完。")

    assert [name for name, _, _ in found] == ["第一条", "第二条"]
    assert found[0][2] == "第一条 第一款。\n\n第二款：\n（一）甲；\n(二)乙。"


def test_headings_give_the_path_and_a_new_chapter_closes_the_section():
    found = articles(
        "# 第一编 总则", "## 第一章 甲", "### 第一节 乙", "第一条 一。", "## 第二章 丙", "第二条 二。"
    )

    assert found[0][1] == ("第一编 总则", "第一章 甲", "第一节 乙")
    assert found[1][1] == ("第一编 总则", "第二章 丙")


def test_an_article_mentioned_at_the_start_of_a_paragraph_opens_none():
    found = articles("第一条 一。", "", "第八条规定的情形除外。", "第二条 二。")

    assert [name for name, _, _ in found] == ["第一条", "第二条"]


def test_inserted_articles_keep_their_number():
    assert [name for name, _, _ in articles("第一百二十条 甲。", "第一百二十条之一 乙。")] == [
        "第一百二十条",
        "第一百二十条之一",
    ]


def test_a_chapter_title_left_at_the_end_of_an_article_becomes_the_path_of_the_next():
    found = articles("第一条 一。", "", "法律责任", "", "第二条 二。")

    assert found[0][2] == "第一条 一。"
    assert found[1][1] == ("法律责任",)


def test_a_list_item_without_full_stop_is_not_taken_for_a_title():
    found = articles("第一条 包括：", "（一）甲", "第二条 二。")

    assert found[0][2].endswith("（一）甲")


def test_a_table_of_contents_before_the_first_article_belongs_to_none():
    parsed = parse([*FRONT, "甲办法", "目录 第一章", "第一条 一。"])

    assert parsed.preamble == ["甲办法", "目录 第一章"]
    assert parsed.articles[0].text == "第一条 一。"


def test_invisible_characters_stay_in_the_quoted_text():
    assert articles("第一条 低\u200b保。")[0][2] == "第一条 低\u200b保。"


def test_plain_text_without_marks_is_understood_too():
    parsed = parse(
        ["甲办法", "（国务院令第1号）", "第一章 总则", "第一条 一。", "第二章　附则", "第二条 二。"]
    )

    assert parsed.titles == ["甲办法"]
    assert [a.path for a in parsed.articles] == [("第一章 总则",), ("第二章　附则",)]


def labels(*lines: str) -> list[str]:
    return [unit.article for unit in parse([*FRONT, *lines]).units]


@pytest.mark.parametrize(
    "opening",
    [
        "\ufeff第十一条 文。",
        "\u200f第十一条\u3000文。",
        "\u200b第十一条\t文。",
        "第 十 一 条 文。",
        "第11条 文。",
        "第１１条　文。",
        "第一一条 文。",
        "第十一 条文。",
        "## 第十一条 文。",
        "第十一条",
        "第十一條 文。",
    ],
)
def test_an_article_opens_in_all_its_spellings_under_one_name(opening: str):
    assert labels("第十条 前。", "", opening) == ["第十条", "第十一条"]


def test_an_article_without_a_gap_opens_where_the_numbers_ask_for_it():
    """办公软件导出的文件常常没有空格。"""
    found = parse(
        ["甲办法", "第一条为了规范，制定本办法。", "第二条本市适用本办法。", "第三条申请人提出申请。"]
    )

    assert [a.article for a in found.articles] == ["第一条", "第二条", "第三条"]


@pytest.mark.parametrize(
    "sentence",
    [
        "第二条规定的情形除外。",
        "第二条第一款所列人员除外。",
        "第二条、第三条所称人员。",
        "第二条（三）项除外。",
    ],
)
def test_a_sentence_about_the_next_article_does_not_open_it(sentence: str):
    found = parse(["甲办法", "第一条为了规范。", sentence, "第二条本市适用本办法。"])

    assert [a.article for a in found.articles] == ["第一条", "第二条"]
    assert sentence in found.articles[0].text


def test_a_number_without_a_gap_gives_way_to_the_same_number_with_one():
    assert labels("第一条 甲。", "第二条情形不算。", "第二条 乙。") == ["第一条", "第二条"]


def test_a_number_on_a_line_of_its_own_heads_the_lines_below():
    found = articles("第一条", "为了规范。", "第二条", "适用本办法。")

    assert [text for _, _, text in found] == ["第一条\n为了规范。", "第二条\n适用本办法。"]


def test_several_articles_in_one_line_are_parted():
    found = parse(["甲办法", "第一条 为了规范飞行活动，制定本规则。 第二条 各单位适用。 第三条 本办法施行。"])

    assert [a.text for a in found.articles][1:] == ["第二条 各单位适用。", "第三条 本办法施行。"]


def test_an_unmarked_table_of_contents_heads_nothing():
    parsed = parse(
        [
            "甲办法",
            "目　录",
            "第一章 总则……1",
            "第二章 附则……9",
            "第一章 总则",
            "第一条 一。",
            "第二章 附则",
            "第二条 二。",
        ]
    )

    assert [(a.article, a.path) for a in parsed.articles] == [
        ("第一条", ("第一章 总则",)),
        ("第二条", ("第二章 附则",)),
    ]


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("附：", "附录"),
        ("附录：", "附录"),
        ("附件1", "附件1"),
        ("附件1：名录", "附件1"),
        ("附表", "附表"),
        ("## 附件一", "附件一"),
    ],
)
def test_an_annex_is_cut_off_from_the_last_article_and_can_be_cited(heading: str, label: str):
    parsed = parse([*FRONT, "第一条 施行。", "", heading, "", "名录", "", "甲垸、乙垸、丙垸。" * 12])

    assert parsed.articles[-1].text == "第一条 施行。"
    assert [a.article for a in parsed.annexes] == [label]
    assert parsed.annexes[0].text.endswith("丙垸。")


@pytest.mark.parametrize("line", ["附则", "附 则", "附带民事诉讼当事人可以申请。", "附加刑也可以独立适用。"])
def test_words_that_begin_like_an_annex_are_none(line: str):
    assert parse([*FRONT, "第一条 一。", "", line]).annexes == []


def test_an_annex_mentioned_between_articles_cuts_nothing():
    assert labels("第一条 一。", "附件：", "第二条 二。", "第三条 三。") == ["第一条", "第二条", "第三条"]


def test_an_annex_with_articles_of_its_own_gives_each_a_name():
    text = "本细则适用于全市。" * 12

    found = labels("第一条 一。", "第二条 二。", "附件：细则", text, f"第一条 {text}")

    assert found == ["第一条", "第二条", "附件", "附件第一条"]


def test_who_signed_it_belongs_to_no_article():
    parsed = parse([*FRONT, "第一条 施行。", "某某市民政局", "2023年12月1日"])

    assert parsed.articles[0].text == "第一条 施行。"
    assert parsed.closing == ["某某市民政局", "2023年12月1日"]


def test_a_list_of_whom_it_was_sent_to_belongs_to_no_article():
    parsed = parse([*FRONT, "第一条 施行。", "送：省人大常委会", "市政府，市监察委、市中级法院"])

    assert parsed.articles[0].text == "第一条 施行。"


def test_a_last_item_that_names_an_office_is_not_taken_for_a_signature():
    assert articles("第一条 向下列机关提出：", "（一）街道办事处", "（二）县民政局")[0][2].endswith(
        "（二）县民政局"
    )


@pytest.mark.parametrize("title", ["附 则", "市人民代表大会常务委员会制定地方性法规程序"])
def test_a_spaced_or_long_stray_title_is_taken_too(title: str):
    found = articles("第一条 一。", "", title, "", "第二条 二。")

    assert found[0][2] == "第一条 一。"
    assert found[1][1] == (title.replace(" ", ""),)


NOTICE = [
    "关于临时救助的通知",
    "各市州民政局：",
    "现就有关事项通知如下：",
    "一、救助对象",
    "（一）急难型对象。因火灾、交通事故等意外事件，导致基本生活暂时出现严重困难的家庭和个人。",
    "（二）支出型对象。因生活必需支出突然增加超出承受能力，导致基本生活出现严重困难的家庭。",
    "二、申请材料。需要提供下列材料：",
    "（一）身份证；",
    "（二）困难说明。",
    "湖南省民政厅",
    "2023年12月1日",
]


def test_a_notice_without_articles_is_cut_at_its_numbered_parts():
    """民政部门的通知大多没有“第几条”，按“一、（二）”引用。"""
    parsed = parse(NOTICE)

    assert [(a.article, a.path) for a in parsed.articles] == [
        ("一、（一）", ("一、救助对象",)),
        ("一、（二）", ("一、救助对象",)),
        ("二、", ()),
    ]
    assert parsed.articles[2].text == "\n".join(NOTICE[6:9])
    assert parsed.closing == NOTICE[9:]


def test_a_notice_that_quotes_an_article_is_still_cut_at_its_parts():
    parsed = parse([*NOTICE[:6], "二、依据", "第四十七条 国家给予临时救助。", *NOTICE[9:]])

    assert parsed.articles[0].article == "一、（一）"


def test_numbered_lists_inside_articles_are_not_parts():
    assert labels("第一条 包括：", "一、甲；", "二、乙。", "第二条 二。") == ["第一条", "第二条"]


def test_a_text_with_neither_articles_nor_parts_gives_none():
    assert parse(["通知", "没有条文"]).articles == []


LINE = st.one_of(
    st.text(alphabet="第一二十条章之附件录：（） 　。；甲、1#\u200b目附则法律责任", max_size=14),
    st.sampled_from(
        [
            "第一条 甲。",
            "第二条乙。",
            "附件1",
            "附则",
            "第一章 总则",
            "一、甲",
            "（一）乙",
            "目录",
            "民政局",
            "",
        ]
    ),
)


@given(st.lists(LINE, max_size=14))
def test_the_pieces_of_any_text_are_its_lines_again(lines: list[str]):
    assert as_read(parse(lines).pieces) == "\n".join(lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["第一条 " + "为了规范，" * 400_000],
        ["目录", "第一章" + "." * 500_000],
        ["附件" + "（" * 500_000],
        [f"第{n % 7 + 1}条规范的" for n in range(20_000)],
    ],
)
def test_a_monstrous_text_takes_no_monstrous_time(lines: list[str]):
    started = time.process_time()

    parse(lines)

    assert time.process_time() - started < 5


def test_advice_to_readers_below_a_quoted_article_is_not_part_of_it():
    """网页摘录条文之后常跟一句“请咨询……”，那不是法律的话。"""
    advice = ["具体标准请咨询户籍所在地乡镇人民政府。", "注：以公布的条文为准。"]

    parsed = parse(["第五十条 一。", "第五十一条 二。", "第二款。", *advice])

    assert [a.text for a in parsed.articles] == ["第五十条 一。", "第五十一条 二。\n第二款。"]
    assert parsed.closing == advice
