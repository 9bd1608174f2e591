import random
import time
from dataclasses import replace
from datetime import date

import pytest

from knowledge.model import PolicyDocument
from knowledge.successors import Effect, Revision, Succession, Successors
from knowledge.validity import resolve, status_on

TODAY = date(2026, 11, 22)
NONE = Successors()
ZHEJIANG, HENAN = "330000", "410000"


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


def test_an_undated_text_begins_with_its_last_amendment():
    """北京市未成年人保护条例无日期的文本写2004年施行，却是2016年修正后的文字。"""
    undated = document("某条例", None, "2004-01-01", amended_on=date(2016, 11, 25))

    found = by_id(undated)[undated.doc_id]

    assert not found.applies_on(date(2016, 11, 24))
    assert found.applies_on(date(2016, 11, 25))


def test_the_official_name_and_the_short_one_are_one_law():
    found = by_id(document("中华人民共和国慈善法", "2016-03-16"), document("慈善法", "2023-12-29"))

    assert found["中华人民共和国慈善法@2016-03-16"].status == "已被取代"


def test_two_places_may_use_one_title():
    """别的省的同名文件不能顶掉本省的。"""
    older = document("农村五保供养办法", "2010-01-01", region=ZHEJIANG)
    newer = document("农村五保供养办法", "2020-01-01", region=HENAN)

    found = by_id(older, newer)

    assert found[older.doc_id].status == found[newer.doc_id].status == "现行"


def test_of_two_texts_for_the_same_day_the_later_one_is_the_law():
    """人身损害赔偿解释2022-04-04和2022-04-24两份都自5月1日起施行：前一份从来没有适用过。"""
    before = document("某解释", "2020-12-29")
    first = document("某解释", "2022-04-04", "2022-05-01")
    second = document("某解释", "2022-04-24", "2022-05-01")

    found = by_id(before, first, second)

    assert not any(found[first.doc_id].applies_on(date(2022, 4, d)) for d in (4, 30))
    assert not found[first.doc_id].applies_on(date(2022, 5, 1))
    assert found[before.doc_id].superseded_by == second.doc_id


def test_an_old_text_ends_with_the_revision_although_only_a_later_amendment_of_it_is_loaded():
    """2024年修正的文本写2022年3月1日施行：那天起旧文本已失效，2022年的文字又不在库里，就不回答。"""
    old = document("某条例", None, "2005-03-01")
    amended = document("某条例", "2024-12-31", "2022-03-01")

    found = by_id(old, amended)

    assert found[old.doc_id].repealed_on == date(2022, 3, 1)
    assert not any(d.applies_on(date(2023, 1, 1)) for d in found.values())


def test_the_table_gives_the_day_of_an_amending_decision():
    effect = Effect("慈善法", date(2023, 12, 29), date(2024, 9, 5), "…")
    old = document("慈善法", "2016-03-16", "2016-09-01")
    new = document("慈善法", "2023-12-29", "2016-09-01")

    found = by_id(old, new, successors=Successors(effective=(effect,)))

    assert found[new.doc_id].effective_from == date(2024, 9, 5)
    assert found[old.doc_id].repealed_on == date(2024, 9, 5)


def test_a_day_that_a_text_or_a_person_states_for_this_version_goes_before_the_table():
    effect = Effect("慈善法", date(2023, 12, 29), date(2024, 9, 5), "…")
    stated = document("慈善法", "2023-12-29", "2024-10-01")

    found = by_id(stated, successors=Successors(effective=(effect,)))

    assert found[stated.doc_id].effective_from == date(2024, 10, 1)


def test_a_renamed_successor_takes_over_from_its_day():
    rename = Succession("信访条例", "信访工作条例", date(2022, 5, 1), "…")
    old, new = document("信访条例", "2005-01-10"), document("信访工作条例", "2022-02-25", "2022-05-01")

    found = by_id(old, new, successors=Successors((rename,)))

    assert found[old.doc_id].superseded_by == new.doc_id
    assert found[old.doc_id].applies_on(date(2022, 4, 30))
    assert not found[old.doc_id].applies_on(date(2022, 5, 1))


def test_a_successor_that_is_not_loaded_is_named_by_its_title():
    rename = Succession("信访条例", "信访工作条例", date(2022, 5, 1), "…")

    found = by_id(document("信访条例", "2005-01-10"), successors=Successors((rename,)))

    assert found["信访条例@2005-01-10"].superseded_by == "信访工作条例"


def test_a_newer_text_of_the_same_title_that_is_not_loaded_silences_the_old_one():
    """新修订的文本还没有入库时，宁可不答，也不能照旧文本答。"""
    revised = Succession("婚姻登记条例", "婚姻登记条例", date(2025, 5, 10), "…")
    old = document("婚姻登记条例", "2003-08-08", "2003-10-01")
    new = document("婚姻登记条例", "2025-04-06", "2025-05-10")

    alone = by_id(old, successors=Successors((revised,)))
    both = by_id(old, new, successors=Successors((revised,)))

    assert alone[old.doc_id].superseded_by == "婚姻登记条例"
    assert not alone[old.doc_id].applies_on(TODAY)
    assert both[old.doc_id].superseded_by == new.doc_id
    assert both[new.doc_id].status == "现行"


def test_a_repeal_without_successor_is_called_a_repeal():
    gone = Succession("收容办法", None, date(2003, 8, 1), "…")

    found = by_id(document("收容办法", "1982-05-12"), successors=Successors((gone,)))

    assert found["收容办法@1982-05-12"].status == "已废止"


def test_a_closing_article_ends_the_document_it_repeals():
    """退役军人安置条例第九十三条：《退役士兵安置条例》同时废止。"""
    old = document("退役士兵安置条例", "2011-10-29")
    new = document("退役军人安置条例", "2024-07-29", "2024-09-01", repeals=("退役士兵安置条例",))

    found = by_id(old, new)

    assert found[old.doc_id].repealed_on == date(2024, 9, 1)
    assert found[old.doc_id].superseded_by == new.doc_id


def test_a_repeal_counts_from_the_text_that_made_it_and_not_from_its_amendment():
    """上海市妇女权益保障条例2024年修正的文本仍写2023年1月1日施行、原办法同时废止。"""
    old = document("某办法", None, "1995-03-08")
    amended = document("某条例", "2024-09-27", "2023-01-01", repeals=("某办法",))

    assert by_id(old, amended)[old.doc_id].repealed_on == date(2023, 1, 1)


def test_a_province_repeals_its_own_documents_only():
    mine = document("计划生育条例", "1990-01-01", region=ZHEJIANG)
    national = document("计划生育条例", "1991-01-01")
    elsewhere = document("人口与计划生育条例", "2002-01-01", region=HENAN, repeals=("计划生育条例",))

    found = by_id(mine, national, elsewhere)

    assert found[mine.doc_id].repealed_on is None
    assert found[national.doc_id].repealed_on is None


def test_a_province_does_repeal_its_own_documents():
    mine = document("浙江省某办法", "1990-01-01", region=ZHEJIANG)
    newer = document("浙江省某条例", "2002-01-01", region=ZHEJIANG, repeals=("浙江省某办法",))

    assert by_id(mine, newer)[mine.doc_id].superseded_by == newer.doc_id


def test_a_decision_that_only_repeals_is_no_successor():
    old = document("某办法", "1990-01-01")
    decision = document("关于废止部分地方性法规的决定", "2021-09-24", repeals=("某办法",))

    found = by_id(old, decision)[old.doc_id]

    assert (found.status, found.superseded_by) == ("已废止", None)


def test_a_title_used_again_after_its_repeal_is_not_ended_by_it():
    again = document("某办法", "2020-01-01", "2020-03-01")
    repealing = document("某条例", "2010-01-01", repeals=("某办法",))

    assert by_id(again, repealing)[again.doc_id].status == "现行"


def test_a_document_that_repeals_its_own_predecessor_of_the_same_title_stays():
    """信访条例2005第五十一条废止的是1995年的信访条例。"""
    own = document("信访条例", "2005-01-10", "2005-05-01", repeals=("信访条例",))

    assert by_id(own)[own.doc_id].status == "现行"


def test_a_text_without_a_day_of_effect_does_not_repeal_itself():
    own = document("某条例", "2005-01-10", effective_from=None, repeals=("某条例",))

    assert by_id(own)[own.doc_id].status == "现行"


def test_the_table_overrides_what_a_closing_article_says():
    old = document("某办法", "2000-01-01")
    new = document("某条例", "2010-01-01", repeals=("某办法",))
    line = Succession("某办法", None, date(2012, 6, 1), "…")

    assert by_id(old, new, successors=Successors((line,)))[old.doc_id].repealed_on == date(2012, 6, 1)


def test_an_end_that_a_text_states_itself_is_not_put_off():
    """有效期五年的文件到期失效，以后的新文件不会让它多活几年。"""
    expired = document("某通知", "2015-01-01", repealed_on=date(2020, 1, 1))
    newer = document("某通知", "2023-01-01")

    found = by_id(expired, newer)[expired.doc_id]

    assert found.repealed_on == date(2020, 1, 1)
    assert not found.applies_on(date(2021, 1, 1))


def test_a_new_version_ends_a_text_before_its_stated_end():
    old = document("某通知", "2022-01-01", repealed_on=date(2027, 1, 1))
    newer = document("某通知", "2023-01-01")

    assert by_id(old, newer)[old.doc_id].repealed_on == date(2023, 1, 1)


def test_an_excerpt_gives_way_to_a_full_text():
    excerpt = document("社会救助法摘录", "2024-01-01", excerpt_of="社会救助暂行办法")
    full = document("社会救助暂行办法", "2019-03-02")

    found = by_id(excerpt, full)

    assert not found[excerpt.doc_id].applies_on(TODAY)
    assert found[excerpt.doc_id].superseded_by == full.doc_id
    assert found[full.doc_id].status == "现行"


def test_an_excerpt_stands_in_while_no_full_text_applies():
    excerpt = document("办法摘录", "2014-05-01", excerpt_of="社会救助暂行办法")
    full = document("社会救助暂行办法", "2019-03-02")

    alone, found = by_id(excerpt)[excerpt.doc_id], by_id(excerpt, full)[excerpt.doc_id]

    assert alone.status == "摘录"
    assert alone.applies_on(TODAY)
    assert found.applies_on(date(2019, 3, 1))
    assert not found.applies_on(date(2019, 3, 2))


def test_an_excerpt_is_never_a_version_of_the_law():
    """摘录的标题和全文一样时，也不能顶掉全文。"""
    full = document("社会救助暂行办法", "2019-03-02")
    excerpt = document(
        "社会救助暂行办法", "2024-01-01", doc_id="社会救助暂行办法@2024-01-01", excerpt_of="社会救助暂行办法"
    )

    found = by_id(full, excerpt)

    assert found[full.doc_id].repealed_on is None


def test_an_excerpt_ends_with_the_law_it_is_taken_from():
    excerpt = document("摘编", "2010-01-01", excerpt_of="信访条例")
    rename = Succession("信访条例", "信访工作条例", date(2022, 5, 1), "…")

    assert by_id(excerpt, successors=Successors((rename,)))[excerpt.doc_id].repealed_on == date(2022, 5, 1)


@pytest.mark.parametrize(
    "title", ["某条例（征求意见稿）", "某条例（草案）", "某条例(修订草案二次审议稿)", "某办法征求意见稿"]
)
def test_a_draft_is_never_the_law(title: str):
    law = document("某条例", "2010-01-01")
    draft = document(title, "2020-01-01", repeals=("某条例",))

    found = by_id(law, draft)

    assert found[draft.doc_id].status == "草案"
    assert not found[draft.doc_id].applies_on(TODAY)
    assert found[law.doc_id].status == "现行"


def test_the_status_of_a_document_depends_on_the_day_that_is_asked_about():
    found = by_id(
        document("慈善法", "2016-03-16", "2016-09-01"), document("慈善法", "2023-12-29", "2024-09-05")
    )
    old, new = found["慈善法@2016-03-16"], found["慈善法@2023-12-29"]

    days = (date(2016, 8, 31), date(2016, 9, 1), date(2024, 9, 4), date(2024, 9, 5))

    assert [status_on(old, day) for day in days] == ["尚未施行", "现行", "现行", "已被取代"]
    assert [status_on(new, day) for day in days] == ["尚未施行", "尚未施行", "尚未施行", "现行"]


def test_a_part_of_a_code_shares_the_day_of_the_other_parts():
    """民法典婚姻家庭编没有写施行日期，与其他各编同日施行。"""
    stated = document("民法典", None, "2021-01-01", doc_id="民法典·继承编@undated")
    silent = document("民法典", None, doc_id="民法典·婚姻家庭编@undated")

    assert by_id(stated, silent)[silent.doc_id].effective_from == date(2021, 1, 1)


def many(number: int) -> list[PolicyDocument]:
    """Families of three versions, of five places, every tenth repealing the one before, some undated."""
    documents = []
    for n in range(number):
        title, year = f"第{n // 3}号办法", 1990 + 10 * (n % 3)
        documents.append(
            document(
                title,
                f"{year}-01-01" if n % 7 else None,
                f"{year}-03-01",
                doc_id=f"{title}@{year}",
                region=f"{(n // 3) % 5 + 31}0000",
                repeals=(f"第{n // 3 - 5}号办法",) if n % 10 == 0 else (),
                excerpt_of=f"第{n // 3}号办法" if n % 50 == 49 else None,
            )
        )
    return documents


def test_the_order_in_which_documents_come_changes_nothing():
    documents = many(300)
    expected = resolve(documents, NONE, TODAY)

    for seed in range(20):
        shuffled = random.Random(seed).sample(documents, len(documents))
        assert resolve(shuffled, NONE, TODAY) == expected


def test_of_two_documents_that_repeal_a_third_on_one_day_always_the_same_is_named():
    old = document("某办法", "1990-01-01")
    one = document("甲条例", "2010-01-01", repeals=("某办法",))
    two = document("乙条例", "2010-01-01", repeals=("某办法",))

    assert resolve([old, one, two], NONE, TODAY) == resolve([two, one, old], NONE, TODAY)


def test_documents_come_back_in_the_order_of_their_ids():
    found = [d.doc_id for d in resolve(many(100), NONE, TODAY)]

    assert found == sorted(found)


def test_thousands_of_documents_are_settled_within_a_second():
    documents = many(3500)

    started = time.process_time()
    resolve(documents, NONE, TODAY)

    assert time.process_time() - started < 1.0


def test_a_text_known_to_be_revised_still_answers_but_is_marked_until_the_new_one_is_loaded():
    """新文本还没有收录：旧文本照答，但一定标明；收录之后标记自己消失。"""
    revised = Successors(revised=(Revision("甲办法", date(2025, 5, 10), "修订"),))
    old = document("甲办法", "2003-08-08", "2003-10-01")
    new = document("甲办法", "2025-04-06", "2025-05-10")

    alone = by_id(old, successors=revised)[old.doc_id]
    both = by_id(old, new, successors=revised)

    assert (alone.status, alone.applies_on(TODAY)) == ("已修订", True)
    assert status_on(alone, date(2024, 1, 1)) == "现行"
    assert [both[d.doc_id].status for d in (old, new)] == ["已被取代", "现行"]


def test_a_text_whose_head_says_repealed_without_a_day_never_answers():
    """文件头写着“已废止”却没写日期：哪天都不能用。"""
    said = document("乙办法", "2003-08-08", "2003-10-01", status="已废止")

    found = by_id(said)[said.doc_id]

    assert found.status == "已废止"
    assert not any(found.applies_on(day) for day in (date(2003, 10, 1), date(2010, 1, 1), TODAY))
