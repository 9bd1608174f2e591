"""Law texts as training material."""

from pathlib import Path

from knowledge.embedding.law_text import read_law, read_laws

LAW = """# 中华人民共和国某某法

2014年2月21日 公布

<!-- INFO END -->

目录里的一句话

## 第一章 总则

第一条 为了保障公民的基本生活，制定本法。

## 第二章 申请

### 第一节 条件

第二条 符合下列条件的，可以申请：

（一）无劳动能力；

（二）无生活来源。

## 第三章 附则

第三条 本法自公布之日起施行。
"""


def _law(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_article_keeps_all_its_paragraphs_and_stands_under_its_headings(tmp_path: Path):
    articles = list(read_law(_law(tmp_path, "a.md", LAW)))

    assert [article.number for article in articles] == ["第一条", "第二条", "第三条"]
    assert articles[1].text == "符合下列条件的，可以申请：\n（一）无劳动能力；\n（二）无生活来源。"
    assert articles[1].heading == "某某法 第二章 申请 第一节 条件"
    assert articles[2].heading == "某某法 第三章 附则"


def test_words_before_the_first_article_belong_to_none(tmp_path: Path):
    assert not any("目录" in article.text for article in read_law(_law(tmp_path, "a.md", LAW)))


def test_clauses_are_cut_at_punctuation(tmp_path: Path):
    first = next(read_law(_law(tmp_path, "a.md", LAW)))

    assert first.clauses == ["为了保障公民的基本生活", "制定本法"]


def test_short_and_repeated_articles_are_left_out(tmp_path: Path):
    """“本法自公布之日起施行”之类没有可学的内容；同一条文的几个版本只学一次。"""
    _law(tmp_path, "a.md", LAW)
    _law(tmp_path, "b.md", LAW.replace("某某法", "另一法"))

    articles = read_laws(tmp_path)

    assert [(article.law, article.number) for article in articles] == [
        ("某某法", "第一条"),
        ("某某法", "第二条"),
    ]
