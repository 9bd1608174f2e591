import pytest

from knowledge.references import named_articles, named_titles


@pytest.mark.parametrize(
    ("question", "articles"),
    [
        ("社会救助暂行办法第11条", ["第十一条"]),
        ("第一千零七十七条讲什么", ["第一千零七十七条"]),
        ("民法典一零七七条", ["第一千零七十七条"]),
        ("民法典1077条", ["第一千零七十七条"]),
        ("第120条之一", ["第一百二十条之一"]),
        ("要几条证明", []),
        ("第十一条第二款", ["第十一条"]),
        ("第１０条", ["第十条"]),
        ("第一〇七七条", ["第一千零七十七条"]),
        ("第 47 条", ["第四十七条"]),
        ("十一条和第十二条", ["第十一条", "第十二条"]),
    ],
)
def test_articles_are_found_in_the_spellings_callers_use(question: str, articles: list[str]):
    assert named_articles(question) == articles


def test_a_title_inside_a_longer_one_is_not_meant():
    keys = ["信访条例", "上海市信访条例"]

    assert named_titles("《上海市信访条例》第三条", keys) == ["上海市信访条例"]
