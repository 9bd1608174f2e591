"""Every file of the format collection comes out as its expected.json says, word for word as in the law."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import UnreadableDocument
from knowledge.ingestion import IngestedDocument, ingest
from knowledge.normalisation import to_simplified, visible

FILES = (
    "社会救助暂行办法.docx",
    "工伤保险问答表.docx",
    "自然灾害救助条例.pdf",
    "民政门户_临时救助.html",
    "农村五保供养工作条例_gbk.txt",
    "转载_繁体实体乱码.html",
    "老网站_殡葬管理条例_gb2312.htm",
    "志愿服务条例_utf16.txt",
)
# The table quotes parts of articles, so only the sentences of expected.json are compared.
QUOTED_IN_PART = "工伤保险问答表.docx"


def expected_of(formats: Path, name: str) -> dict[str, Any]:
    files = json.loads((formats / "expected.json").read_text("utf-8"))["files"]
    return next(row for row in files if row["file"] == name)


def bare(text: str) -> str:
    """One spelling for comparing, as expected.json describes it: entities, pinyin, script, blanks."""
    text = to_simplified(html.unescape(visible(text)))
    return "".join(re.sub(r"[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ\s]+[)）]", "", text).split())


@pytest.fixture(scope="module")
def formats(shared_corpus: Path) -> Path:
    return shared_corpus / "formats"


def law_of(formats: Path, name: str) -> IngestedDocument:
    return ingest(formats.parent / "laws" / expected_of(formats, name)["source"])


@pytest.mark.parametrize("name", FILES)
def test_exactly_the_articles_of_the_file_come_out_in_order(formats: Path, name: str):
    articles = [article.article for article in ingest(formats / name).articles]

    assert articles == expected_of(formats, name)["articles"]


@pytest.mark.parametrize("name", FILES)
def test_the_words_are_there_and_the_noise_is_not(formats: Path, name: str):
    text = bare("".join(article.text for article in ingest(formats / name).articles))

    expected = expected_of(formats, name)
    assert all(bare(sentence) in text for sentence in expected["must_contain"])
    assert not [noise for noise in expected.get("noise", ()) if bare(noise) in text]


@pytest.mark.parametrize("name", [name for name in FILES if name != QUOTED_IN_PART])
def test_every_article_reads_as_in_the_law_itself(formats: Path, name: str):
    law = {article.article: bare(article.text) for article in law_of(formats, name).articles}

    articles = ingest(formats / name).articles
    assert [bare(article.text) for article in articles] == [law[article.article] for article in articles]


def test_a_scan_is_refused_with_the_advice_to_recognise_its_text(formats: Path):
    with pytest.raises(UnreadableDocument) as refusal:
        ingest(formats / "扫描件_无文字层.pdf")

    assert refusal.value.reason == "no_text_layer"


def test_no_file_of_the_collection_is_left_out_here(formats: Path):
    files = {path.name for path in formats.iterdir()} - {"expected.json", "扫描件_无文字层.pdf"}

    assert files == set(FILES)
