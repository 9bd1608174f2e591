from dataclasses import replace
from datetime import date

from knowledge.model import PolicyDocument
from knowledge.validity import Succession, Successors, load_successors, resolve

TODAY = date(2026, 11, 22)
NONE = Successors((), frozenset())


def document(
    title: str, version: str | None, effective: str | None = None, **fields: object
) -> PolicyDocument:
    day = date.fromisoformat(version) if version else None
    plain = PolicyDocument(
        f"{title}@{version or 'undated'}", title, "", "", "国家", "000000", None, day,
        date.fromisoformat(effective) if effective else day, "现行", None, "a.md", None,
    )  # fmt: skip
    return replace(plain, **fields)


def by_id(
    *documents: PolicyDocument, successors: Successors = NONE, today: date = TODAY
) -> dict[str, PolicyDocument]:
    return {d.doc_id: d for d in resolve(documents, successors, today)}


def test_only_the_newest_version_in_force_is_current():
    """同一部法有几份不同日期的文本，只有最新的有效。"""
    found = by_id(
        document("慈善法", "2016-03-16", "2016-09-01"), document("慈善法", "2023-12-29", "2024-09-05")
    )

    assert found["慈善法@2016-03-16"].status == "已被取代"
    assert found["慈善法@2016-03-16"].superseded_by == "慈善法@2023-12-29"
    assert found["慈善法@2016-03-16"].repealed_on == date(2024, 9, 5)
    assert found["慈善法@2023-12-29"].status == "现行"


def test_a_version_published_but_not_yet_in_force_leaves_the_old_one_current():
    old, new = document("某法", "2016-03-16"), document("某法", "2026-10-01", "2027-01-01")

    found = by_id(old, new)

    assert found[old.doc_id].status == "现行"
    assert found[new.doc_id].status == "尚未施行"


def test_an_undated_text_is_not_taken_for_the_newest():
    """无日期不等于最新：上海市殡葬管理条例的无日期文本是旧的。"""
    undated, dated = document("某条例", None), document("某条例", "2024-08-22")

    found = by_id(undated, dated)

    assert found[undated.doc_id].superseded_by == dated.doc_id


def test_the_official_name_and_the_short_one_are_one_law():
    found = by_id(document("中华人民共和国慈善法", "2016-03-16"), document("慈善法", "2023-12-29"))

    assert found["中华人民共和国慈善法@2016-03-16"].status == "已被取代"


def test_a_renamed_successor_takes_over_from_its_day():
    rename = Succession("信访条例", "信访工作条例", date(2022, 5, 1), "…")
    old, new = document("信访条例", "2005-01-10"), document("信访工作条例", "2022-02-25", "2022-05-01")

    found = by_id(old, new, successors=Successors((rename,), frozenset()))

    assert found[old.doc_id].superseded_by == new.doc_id
    assert found[old.doc_id].applies_on(date(2022, 4, 30))
    assert not found[old.doc_id].applies_on(date(2022, 5, 1))


def test_a_repeal_without_successor_is_called_a_repeal():
    gone = Succession("收容办法", None, date(2003, 8, 1), "…")

    found = by_id(document("收容办法", "1982-05-12"), successors=Successors((gone,), frozenset()))

    assert found["收容办法@1982-05-12"].status == "已废止"


def test_a_part_of_a_code_shares_the_day_of_the_other_parts():
    """民法典婚姻家庭编没有写施行日期，与其他各编同日施行。"""
    stated = document("民法典", None, "2021-01-01", doc_id="民法典·继承编@undated")
    silent = document("民法典", None, doc_id="民法典·婚姻家庭编@undated")

    assert by_id(stated, silent)[silent.doc_id].effective_from == date(2021, 1, 1)


def test_every_line_of_the_shipped_table_says_why():
    successors = load_successors()

    assert all(line.reason and line.since for line in successors.documents)
    assert ("失业保险条例", "第十六条") in successors.outranked_articles
