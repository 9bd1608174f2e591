from knowledge.structure import parse

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
