"""查政策页：知识条目带全部内容，条文带全文、日期和效力；换地方、换日子，结果跟着变。"""

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from tests.api.test_console import PASSWORD, sign_in

PATH = "/console/search"
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def desk(client) -> TestClient:
    """An agent's browser."""
    client.app.state.service.accounts.add_user("chazhengce", Role.AGENT, PASSWORD)
    browser = TestClient(client.app, follow_redirects=False)
    assert sign_in(browser, "chazhengce", PASSWORD).status_code == 303
    return browser


def search(browser: TestClient, headers: dict[str, str] | None = None, **params: str):
    return browser.get(PATH, params=params, headers=headers)


def test_a_question_finds_entries_with_all_their_parts_and_whole_articles(desk: TestClient):
    shown = search(desk, q="低保要怎么申请")

    assert shown.status_code == 200
    for words in ("知识条目", "要带什么", "去哪里", "条文", "社会救助暂行办法", "起施行", "现行", ">复制<"):
        assert words in shown.text
    article = desk.app.state.service.knowledge.search("《社会救助暂行办法》第十一条", k=1)[0].citation
    assert all(line in shown.text for line in article.text.splitlines() if line.strip())


def test_htmx_gets_the_list_alone(desk: TestClient):
    part = search(desk, HTMX, q="低保要怎么申请")

    assert "<html" not in part.text and "第十一条" in part.text


def test_nothing_is_asked_for_nothing(desk: TestClient):
    assert "输入问题后" in search(desk).text


@pytest.mark.parametrize(("place", "status"), [("湖南省", 200), ("隆回县", 200), ("430000", 200)])
def test_a_place_is_named_or_numbered(desk: TestClient, place: str, status: int):
    shown = search(desk, q="低保要怎么申请", place=place)

    assert shown.status_code == status and "没有认出这个地名" not in shown.text
    assert f'value="{place}"' in shown.text


def test_a_place_that_is_none_is_said(desk: TestClient):
    shown = search(desk, q="低保", place="月球")

    assert "没有认出这个地名" in shown.text and 'value="低保"' in shown.text


def test_a_day_that_is_none_is_said(desk: TestClient):
    assert "日期写成" in search(desk, q="低保", as_of="去年").text


def test_a_past_day_finds_no_law_that_came_later(desk: TestClient):
    """问 2010 年的规定，查不到 2014 年才施行的办法。"""
    law = "</span> 社会救助暂行办法 第"

    assert law in search(desk, q="低保要怎么申请").text
    assert law not in search(desk, q="低保要怎么申请", as_of="2010-01-01").text


def test_what_no_longer_applies_says_so(desk: TestClient):
    """修订过、新文本还没收录的文件要标明，不能当现行的念给群众。"""
    shown = search(desk, q="《殡葬管理条例》第一条").text

    assert "已修订" in shown and "status-past" in shown
    assert "起有修订，新文本没有收录" in shown
