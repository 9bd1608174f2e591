"""出错时：说清楚发生了什么、下一步怎么办，绝不露出堆栈。"""

from api.chat import errors as chat
from api.texts import texts
from tickets import errors as tickets


def codes(module, root):
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, root)]
    return {kind.code for kind in kinds}


def test_every_error_code_has_its_chinese_sentence():
    expected = codes(chat, chat.ChatError) | codes(tickets, tickets.TicketError)
    internal = {"chat_error", "engine_unavailable"}

    assert expected - internal <= set(texts("errors"))


def test_a_body_that_does_not_fit_is_named_without_repeating_it(client):
    refused = client.post("/v1/answers", json={"question": "", "region": "湖南"})

    assert refused.status_code == 422
    assert {tuple(e["at"]) for e in refused.json()["errors"]} == {("body", "question"), ("body", "region")}
    assert "湖南" not in refused.text


def test_an_unknown_address_is_a_problem_detail_too(client):
    assert client.get("/v1/nothing").headers["content-type"] == "application/problem+json"
