"""给过的建议：同一句话只算一次；用了、改了、嫌不好都记下；原话封存；到期和删除后只剩计数。"""

from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from api.erasure import Erasure
from api.resealing import reseal, rows_left
from api.suggestions.errors import UnknownSuggestion
from api.suggestions.model import Counts, Draft, Fate, Kind, Reason
from api.suggestions.reporting import report
from api.suggestions.store import OfferKey, SuggestionStore, suggestions
from tests.api.filled import AGENT, WORDS, Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.keyring import FixedKeys, MasterKey
from tickets.privacy import Sealer
from tickets.retention import load_retention

ENTRY = Draft(Kind.ENTRY, "entry:dibao", "向乡镇提出书面申请。", "低保怎么申请", (), 0.9)
ARTICLE = Draft(Kind.ARTICLE, "办法@2019#第十一条", "第十一条规定：……", "办法 第十一条", (), 0.5)


@pytest.fixture
def store(house: Filled) -> SuggestionStore:
    return SuggestionStore(house.engine, house.sealer, lambda: house.now)


def offer(store: SuggestionStore, about: str = "m_1", conversation: str | None = "c_1", agent: str = "wang"):
    key = OfferKey(about, conversation)
    return store.offer(key.offer_id(), key, [ENTRY, ARTICLE], agent)


def rows(house: Filled) -> list[dict]:
    with house.engine.connect() as db:
        return [dict(row) for row in db.execute(select(suggestions).order_by("rank")).mappings()]


def test_the_same_message_is_offered_something_once(store: SuggestionStore, house: Filled):
    """页面刷新、换个坐席来看，都不多算。"""
    first = offer(store)
    again = offer(store, agent="li")
    other = offer(store, about="m_2")

    assert [one.id for one in first] == [one.id for one in again]
    assert report(house.engine, None, None).total.offered == 4
    assert report(house.engine, None, None).messages == 2
    assert not {one.id for one in first} & {one.id for one in other}


def test_a_question_by_itself_is_an_offer_of_its_own_each_time(store: SuggestionStore, house: Filled):
    ids = {store.offer(OfferKey().offer_id(), OfferKey(), [ENTRY], "wang")[0].id for _ in range(2)}

    assert len(ids) == 2


def test_the_first_fate_stays_except_that_what_was_rejected_may_be_sent_after_all(store: SuggestionStore):
    entry, article = offer(store)

    assert store.decide(entry.id, Fate.USED, similarity=1.0)
    assert not store.decide(entry.id, Fate.EDITED, similarity=0.5)
    assert not store.decide(entry.id, Fate.REJECTED, reason=Reason.UNCLEAR)
    assert store.decide(article.id, Fate.REJECTED, reason=Reason.OUTDATED)
    assert not store.decide(article.id, Fate.REJECTED, reason=Reason.OTHER)
    assert store.decide(article.id, Fate.EDITED, similarity=0.6)


def test_nothing_is_noted_of_a_suggestion_that_was_never_made(store: SuggestionStore):
    with pytest.raises(UnknownSuggestion):
        store.decide("s_none", Fate.USED)


def test_words_are_sealed_and_open_only_in_their_own_row(store: SuggestionStore, house: Filled):
    """库里看不到原话；把一行的密文抄到另一行也打不开。"""
    entry, _ = offer(store)
    store.decide(entry.id, Fate.REJECTED, reason=Reason.OTHER, words="没说去哪个窗口")

    stored = "".join(str(row) for row in rows(house))

    assert ENTRY.text not in stored and "窗口" not in stored
    assert store.texts([entry.id]) == {entry.id: ENTRY.text}
    assert store.rejections() == [("entry:dibao", "other", "没说去哪个窗口")]


def test_the_report_counts_by_kind_rank_document_and_reason_and_names_no_agent(
    store: SuggestionStore, house: Filled
):
    used, outdated = offer(store)
    edited, left = offer(store, about="m_2")
    store.decide(used.id, Fate.USED, similarity=1.0)
    store.decide(edited.id, Fate.EDITED, similarity=0.5)
    store.decide(outdated.id, Fate.REJECTED, reason=Reason.OUTDATED)

    found = report(house.engine, None, None)

    assert found.total == Counts(4, 1, 1, 1)
    assert (found.total.left, found.total.acceptance) == (1, 0.5)
    assert (found.messages, found.messages_helped) == (2, 2)
    assert found.by_kind["entry"] == Counts(2, 1, 1, 0)
    assert found.by_rank == {1: Counts(2, 1, 1, 0), 2: Counts(2, 0, 0, 1)}
    assert [(one.title, one.counts.offered) for one in found.by_source] == [
        ("低保怎么申请", 2), ("办法 第十一条", 2),
    ]  # fmt: skip
    assert found.by_source[1].rejected_for == found.reasons == {"outdated": 1}
    assert found.mean_similarity == 0.5
    assert "wang" not in str(asdict(found))
    assert left.rank == 2


def test_the_report_counts_what_was_offered_in_its_time(store: SuggestionStore, house: Filled):
    """从某一刻起（含），到某一刻止（不含）。"""
    offer(store)
    noon = house.now + timedelta(hours=1)
    house.now = noon
    offer(store, about="m_2")

    assert report(house.engine, noon, None).messages == 1
    assert report(house.engine, None, noon).messages == 1
    assert report(house.engine, noon + timedelta(seconds=1), None).total.acceptance is None


def test_what_is_left_of_an_erased_conversation_is_a_count(store: SuggestionStore, house: Filled):
    """群众删了自己的对话：谁的对话、哪个坐席、写了什么都没了，只剩“给过、用了”。"""
    conversation = house.talk(WORDS)
    entry, _ = offer(store, conversation=conversation)
    offer(store, about="m_2", conversation="c_other")
    store.decide(entry.id, Fate.REJECTED, reason=Reason.OTHER, words="不对")

    Erasure(house.engine, house.sealer, load_retention()).erase_talk(
        conversation, at=house.now, told="已删除"
    )

    erased = [row for row in rows(house) if row["conversation_id"] is None]
    assert len(erased) == 2
    assert all(row["agent"] is row["text_sealed"] is row["words_sealed"] is None for row in erased)
    assert report(house.engine, None, None).total == Counts(4, 0, 0, 1)


def test_after_thirty_days_only_the_count_is_left(store: SuggestionStore, house: Filled):
    erasure = Erasure(house.engine, house.sealer, load_retention())
    offer(store)
    house.forward(days=29)
    assert erasure.apply_retention(house.now)["suggestion"] == 0
    house.forward(days=1)
    assert erasure.apply_retention(house.now, dry_run=True)["suggestion"] == 2

    assert erasure.apply_retention(house.now)["suggestion"] == 2

    assert store.texts([row["id"] for row in rows(house)]) == {}
    assert report(house.engine, None, None).total.offered == 2
    assert erasure.apply_retention(house.now)["suggestion"] == 0


def test_words_are_sealed_anew_with_a_new_key(store: SuggestionStore, house: Filled):
    entry, _ = offer(store)
    store.decide(entry.id, Fate.REJECTED, reason=Reason.OTHER, words="不对")
    old = house.sealer._source.ring()
    rotated = Sealer(FixedKeys((MasterKey.of(b"n" * 32), *old)))

    reseal(house.engine, rotated)

    assert rows_left(house.engine, rotated)["suggestions"] == 0
    assert SuggestionStore(house.engine, rotated, lambda: house.now).rejections()[0][2] == "不对"


def test_a_report_of_many_is_read_by_index(store: SuggestionStore, house: Filled):
    """报表按时间段查，走索引，不扫全表。"""
    if house.engine.dialect.name != "sqlite":
        pytest.skip("SQLite says it in one line")
    with house.engine.connect() as db:
        plan = db.execute(
            text("EXPLAIN QUERY PLAN SELECT count(*) FROM suggestions WHERE offered_at >= '2026-01-01'")
        ).all()

    assert "ix_suggestions_offered" in str(plan)
