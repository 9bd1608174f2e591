"""建议答复：有依据、能直接发、各说各的；没有依据就说没有；有危险先说号码。"""

from pathlib import Path

import pytest

from api.accounts.model import Role, Scope
from api.chat.model import EngineReply, Outcome, Reply
from api.chat.store import ConversationStore
from api.suggestions.likeness import say_the_same, share_kept
from api.suggestions.model import Fate
from api.suggestions.service import Suggestions


@pytest.fixture
def suggested(client) -> Suggestions:
    return client.app.state.service.suggestions


@pytest.fixture
def store(client) -> ConversationStore:
    return client.app.state.service.conversations


def talk(store: ConversationStore, *words: str, answered: bool = True) -> str:
    """A conversation in which the citizen said this; `answered`: the bot said something after each."""
    conversation, _token, _greeting = store.open("430000", Reply("您好"))
    for said in words:
        message, _ = store.take_in(conversation.id, said, None)
        replies = (Reply("好的"),) if answered else ()
        store.finish_turn(message, EngineReply(replies, Outcome.ANSWERED), None)
    return conversation.id


def ask(client, agent, **body):
    return client.post("/v1/suggestions", json=body, headers=agent)


def test_a_question_gets_ranked_replies_with_the_articles_they_rest_on(client, agent):
    found = ask(client, agent, text="低保要怎么申请").json()

    first = found["suggestions"][0]
    assert found["outcome"] == "answered"
    assert 3 <= len(found["suggestions"]) <= 5
    assert [one["rank"] for one in found["suggestions"]] == list(range(1, len(found["suggestions"]) + 1))
    assert first["kind"] == "entry" and "乡镇" in first["text"]
    assert "第十一条" in {citation["article"] for citation in first["citations"]}
    assert all(0 <= one["confidence"] <= 1 for one in found["suggestions"])


def test_every_citation_is_the_stored_text(client, agent, suggested: Suggestions):
    """依据一字不差，都是库里的原文。"""
    found = ask(client, agent, text="特困供养怎么申请").json()["suggestions"]

    for citation in (each for one in found for each in one["citations"]):
        name = f"《{citation['title']}》{citation['article']}"
        hits = client.app.state.service.knowledge.search(name, region=None, k=10)
        texts = {c.text for hit in hits for c in (hit.citation, *hit.sources)}
        assert citation["text"] in texts, name


def test_what_is_asked_for_is_told(client, agent):
    """问了带什么、去哪里，就要答带什么、去哪里。"""
    plain = ask(client, agent, text="低保要怎么申请").json()["suggestions"][0]["text"]
    more = ask(client, agent, text="低保要怎么申请，要带什么材料？去哪里办").json()["suggestions"][0]["text"]

    assert "要带什么：" in more and "去哪里：" in more
    assert "去哪里：" not in plain


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("申请医疗救助要带什么材料", "要带什么："),
        ("残疾证要带什么材料", "要带什么："),
        ("孤儿生活费去哪里办", "去哪里："),
        ("低保多久能批下来", "要多久："),
    ],
)
def test_the_first_two_replies_tell_the_part_that_is_asked_for(client, agent, question: str, part: str):
    """问哪一样，前两条里就有哪一样。"""
    found = ask(client, agent, text=question).json()["suggestions"]

    assert part in found[0]["text"] + found[1]["text"]


def test_a_revised_text_is_never_suggested_without_saying_so(client, agent):
    """《殡葬管理条例》已经修订，新文本没有收录：发出去之前先提醒。"""
    found = ask(client, agent, text="《殡葬管理条例》第十二条说了什么").json()["suggestions"]

    revised = [one for one in found if "已修订" in {c["status"] for c in one["citations"]}]
    assert revised
    assert all("已经修订" in one["text"] for one in revised)


@pytest.mark.parametrize(
    "question", ["低保要怎么申请", "残疾人有什么补贴", "房子烧了没地方住能帮吗", "五保老人住院谁照顾"]
)
def test_no_two_replies_say_the_same(client, agent, question: str):
    texts = [one["text"] for one in ask(client, agent, text=question).json()["suggestions"]]

    assert not [(a, b) for at, a in enumerate(texts) for b in texts[at + 1 :] if say_the_same(a, b)]


def test_without_evidence_it_says_so_and_offers_to_ask_or_pass_on_first(client, agent):
    found = ask(client, agent, text="海南椰子今年多少钱一斤").json()

    assert found["outcome"] in ("no_evidence", "out_of_scope")
    assert "没有可靠依据" in found["note"] or "不归本热线" in found["note"]
    assert {one["kind"] for one in found["suggestions"][:2]} == {"canned"}


def test_in_danger_the_number_and_a_calm_sentence_come_first(client, agent):
    """有危险：先号码，再问在哪里；不说“正在叫工作人员”，因为人已经在了。"""
    found = ask(client, agent, text="我不想活了，药已经买好了").json()

    first = found["suggestions"][0]
    assert found["outcome"] == "crisis"
    assert "12356" in first["text"] or "120" in first["text"]
    assert "值班的工作人员" not in first["text"]
    assert "在哪里" in found["suggestions"][1]["text"]


@pytest.mark.parametrize(("said", "first"), [("谢谢你", "不客气"), ("在吗", "在的"), ("再见", "平安")])
def test_small_talk_gets_what_fits_it(client, agent, said: str, first: str):
    found = ask(client, agent, text=said).json()

    assert first in "".join(one["text"] for one in found["suggestions"][:2])


def test_who_is_angry_is_heard_beside_the_answer(client, agent):
    """群众有气：除了规定，也给一句听得进去的话。"""
    texts = [
        one["text"]
        for one in ask(client, agent, text="你们踢皮球，跑了五趟，低保到底怎么申请").json()["suggestions"]
    ]

    assert any("跑了这么多趟" in text for text in texts)


def test_a_conversation_is_understood_with_what_was_said_before(suggested, store):
    """“那要带什么”接着上一句说的那件事。"""
    conversation = talk(store, "低保怎么申请", "那要带什么材料")

    offer = suggested.for_conversation(conversation, "wang")

    assert offer.outcome == "answered"
    assert "要带什么：" in offer.suggestions[0].text and "低保" in offer.suggestions[0].title


def test_pieces_that_nobody_answered_yet_are_read_as_one(suggested, store):
    """坐席还没回话，群众分几句说：合起来才听得懂。"""
    conversation = talk(store, "特困人员供养怎么申请", "在吗", answered=False)

    offer = suggested.for_conversation(conversation, "wang")

    assert offer.outcome == "answered" and "特困" in offer.suggestions[0].title


def test_danger_in_any_unanswered_piece_is_seen(suggested, store):
    conversation = talk(store, "我老公正拿刀砍我，救命", "低保怎么申请", answered=False)

    assert suggested.for_conversation(conversation, "wang").outcome == "crisis"


def test_the_same_message_is_the_same_offer_for_whoever_looks(client, agent, store, suggested):
    conversation = talk(store, "低保要怎么申请")
    before = suggested.report().total.offered

    first = ask(client, agent, conversation_id=conversation).json()
    offer = suggested.for_conversation(conversation, "li")

    assert [one["id"] for one in first["suggestions"]] == [one.id for one in offer.suggestions]
    assert suggested.report().total.offered == before + len(offer.suggestions)


def test_what_was_rejected_is_not_offered_again_for_that_message(suggested, store):
    conversation = talk(store, "低保要怎么申请")
    rejected = suggested.for_conversation(conversation, "wang").suggestions[0]

    suggested.reject(rejected.id, "wang", "off_topic")

    assert rejected.source not in {
        one.source for one in suggested.for_conversation(conversation, "li").suggestions
    }


def test_words_of_one_call_count_once_while_they_are_typed(suggested):
    before = suggested.report().total.offered

    first = suggested.for_text("低保要怎么申请", agent="wang", call_id="k_1")
    suggested.for_text("低保要怎么申请呢", agent="wang", call_id="k_1")

    now = suggested.report().total.offered
    assert len(first.suggestions) <= now - before <= len(first.suggestions) + 2


@pytest.mark.parametrize(
    ("edit", "fate"),
    [
        (lambda text: text, Fate.USED),
        (lambda text: "李大姐，" + text + "还有什么要问的吗？", Fate.USED),
        (lambda text: text.replace("，", ", ").replace("\n", " "), Fate.USED),
        (lambda text: text[: len(text) // 2] + "其他的我再帮您问。", Fate.EDITED),
        (lambda text: "我帮您问问。", None),
    ],
)
def test_what_was_sent_tells_what_became_of_a_suggestion(suggested, edit, fate: Fate | None):
    offered = suggested.for_text("低保要怎么申请", agent="wang").suggestions[0]

    fates = suggested.sent([offered.id, "s_unknown"], "wang", edit(offered.text))

    assert fates.get(offered.id) is fate


def test_two_suggestions_in_one_reply_are_both_used(suggested):
    first, second, third = suggested.for_text("低保要怎么申请", agent="wang").suggestions[:3]

    fates = suggested.sent([first.id, second.id], "wang", first.text + "\n" + second.text)

    assert fates == {first.id: Fate.USED, second.id: Fate.USED}
    assert third.id not in fates


def test_what_citizens_said_is_not_kept(client, suggested, agent):
    """库里没有群众的原话，日志和建议里也没有电话号码。"""
    secret = "我叫向阳花，电话13987654321，低保怎么申请，另外特困供养怎么申请"
    found = suggested.for_text(secret, agent="wang")

    stored = client.app.state.service.database.url.database
    files = [path for path in (Path(stored), Path(stored + "-wal")) if path.exists()]
    kept = b"".join(path.read_bytes() for path in files)
    assert "向阳花".encode() not in kept and b"13987654321" not in kept
    assert not [one for one in found.suggestions if "13987654321" in one.text]


def test_without_an_index_canned_replies_are_offered(desk_client):
    """知识库还没建好，也有话可说。"""
    offer = desk_client.app.state.service.suggestions.for_text("低保怎么申请", agent="wang")

    assert offer.outcome == "failed" and offer.note
    assert {one.kind for one in offer.suggestions} == {"canned"}


def test_another_desktop_tells_what_became_of_a_suggestion(client, agent):
    one = ask(client, agent, text="低保要怎么申请").json()["suggestions"][0]
    path = f"/v1/suggestions/{one['id']}/fate"

    rejected = client.post(path, json={"fate": "rejected", "reason": "outdated"}, headers=agent)
    used = client.post(path, json={"fate": "used", "text": one["text"]}, headers=agent)
    again = client.post(path, json={"fate": "rejected", "reason": "other"}, headers=agent)

    assert [each.json()["noted"] for each in (rejected, used, again)] == [True, True, False]
    unknown = client.post("/v1/suggestions/s_none/fate", json={"fate": "used"}, headers=agent)
    assert unknown.status_code == 404
    assert unknown.headers["content-type"] == "application/problem+json"


def test_edited_and_used_are_told_apart_by_what_was_sent(client, agent, suggested):
    """别家坐席台说“原样用了”，其实改过：以发出的话为准。"""
    one = ask(client, agent, text="低保要怎么申请").json()["suggestions"][0]
    before = suggested.report().total

    half = one["text"][: len(one["text"]) // 2]
    client.post(f"/v1/suggestions/{one['id']}/fate", json={"fate": "used", "text": half}, headers=agent)

    after = suggested.report().total
    assert (after.edited - before.edited, after.used - before.used) == (1, 0)


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "低保", "conversation_id": "c_1"}, {"text": "低保", "region": "湖南"}]
)
def test_a_body_that_names_neither_or_both_is_refused(client, agent, body: dict):
    refused = ask(client, agent, **body)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_conversation_is_for_those_who_may_read_conversations(client, store):
    """编辑能查政策，看不到对话；不存在的对话说没有。"""
    accounts = client.app.state.service.accounts
    editor = {"X-API-Key": accounts.add_key("suggestions-editor", Role.EDITOR)}
    agent = {"X-API-Key": accounts.add_key("suggestions-agent", Role.AGENT)}
    narrow = {"X-API-Key": accounts.add_key("suggestions-narrow", Role.AGENT, [Scope.TICKETS_READ])}
    conversation = talk(store, "低保要怎么申请")

    assert ask(client, editor, text="低保要怎么申请").status_code == 200
    assert ask(client, editor, conversation_id=conversation).status_code == 403
    assert ask(client, narrow, text="低保要怎么申请").status_code == 403
    assert ask(client, {}, text="低保要怎么申请").status_code == 401
    assert ask(client, agent, conversation_id="c_none").status_code == 404
    offered = ask(client, agent, conversation_id=conversation).json()["suggestions"][0]["id"]
    told = client.post(f"/v1/suggestions/{offered}/fate", json={"fate": "used"}, headers=editor)
    assert told.status_code == 403


def test_likeness_is_the_share_of_the_suggestion_that_was_sent():
    assert share_kept("请到乡镇申请。", "您好！请到乡镇申请") == 1.0
    assert share_kept("请到乡镇申请，带身份证。", "请到乡镇申请就行") == pytest.approx(0.6)
    assert share_kept("请到乡镇申请。", "不知道") == 0.0
    assert share_kept("。", "不知道") == 0.0
