"""对话接口：先存后办，重发无害，一句不丢。"""

import pytest


def say(client, conversation, text, client_message_id=None):
    path, headers = conversation
    body = {"text": text, "client_message_id": client_message_id}
    return client.post(f"{path}/messages", json=body, headers=headers)


def test_a_new_conversation_greets_and_says_that_an_ai_answers(client):
    """开场白必须说明是 AI、免费、不要钱，并给出紧急电话。"""
    opened = client.post("/v1/conversations", json={})

    assert opened.status_code == 201
    greeting = opened.json()["greeting"]
    assert greeting["role"] == "assistant"
    for needed in ("AI", "免费", "110", "120"):
        assert needed in greeting["text"]


def test_a_policy_question_is_answered_with_the_article_it_rests_on(client, conversation):
    turn = say(client, conversation, "临时救助要向哪里申请").json()

    assert turn["outcome"] == "answered"
    cited = turn["messages"][0]["citations"]
    assert ("社会救助暂行办法", "第四十八条") in [(c["title"], c["article"]) for c in cited]
    assert all(c["text"] and c["doc_id"] for c in cited)


def test_the_same_client_message_id_gives_the_same_answer_and_does_nothing_twice(client, conversation):
    first = say(client, conversation, "临时救助要向哪里申请", "one").json()
    again = say(client, conversation, "临时救助要向哪里申请", "one").json()

    assert again == first
    path, headers = conversation
    stored = client.get(f"{path}/messages", headers=headers).json()["messages"]
    assert [m["text"] for m in stored if m["role"] == "citizen"] == ["临时救助要向哪里申请"]


def test_messages_without_an_id_are_each_taken_in(client, conversation):
    say(client, conversation, "你好")
    say(client, conversation, "你好")

    path, headers = conversation
    stored = client.get(f"{path}/messages", headers=headers).json()["messages"]
    assert [m["text"] for m in stored if m["role"] == "citizen"] == ["你好", "你好"]


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_conversation_opens_only_with_its_own_token(client, conversation, token):
    path, _ = conversation
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    refused = client.get(f"{path}/messages", headers=headers)

    assert refused.status_code in (401, 404)
    assert refused.headers["content-type"] == "application/problem+json"


def test_errors_are_problem_details_with_a_sentence_for_the_citizen(client):
    problem = client.get("/v1/conversations/none/messages", headers={"Authorization": "Bearer x"}).json()

    assert problem["status"] == 404
    assert problem["type"] == "urn:hotline:unknown_conversation"
    assert "刷新页面" in problem["citizen_message"]


def test_a_message_that_is_too_long_is_refused_kindly_and_not_stored(client, conversation):
    refused = say(client, conversation, "长" * 2001)

    assert refused.status_code == 422
    assert "分成几段" in refused.json()["citizen_message"]
    path, headers = conversation
    assert len(client.get(f"{path}/messages", headers=headers).json()["messages"]) == 1


def test_an_empty_message_gets_an_answer_not_silence(client, conversation):
    turn = say(client, conversation, "   ").json()

    assert turn["outcome"] == "clarify"
    assert turn["messages"]


def test_asking_for_a_person_puts_the_conversation_in_the_queue_once(client, conversation):
    path, headers = conversation

    first = client.post(f"{path}/handover", headers=headers).json()
    second = client.post(f"{path}/handover", headers=headers).json()

    assert (first["outcome"], first["owner"]) == ("handed_over", "queue")
    assert second["owner"] == "queue"


def test_danger_is_answered_first_with_the_number_and_an_urgent_ticket(client, conversation, agent):
    """危险优先：第一句给电话，立即登记紧急工单并排到人工队列。"""
    turn = say(client, conversation, "我老公正拿着刀追着打我").json()

    assert turn["outcome"] == "crisis"
    assert turn["owner"] == "queue"
    assert "110" in turn["messages"][0]["text"]
    ticket = client.get(f"/v1/tickets/{turn['ticket_number']}", headers=agent).json()
    assert ticket["urgency"] == "紧急"


def test_a_second_cry_for_help_does_not_open_a_second_ticket(client, conversation):
    first = say(client, conversation, "我老公正拿着刀追着打我").json()
    second = say(client, conversation, "他正在砸门要打死我").json()

    assert second["outcome"] == "crisis"
    assert second["ticket_number"] == first["ticket_number"]
