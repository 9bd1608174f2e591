"""没有对话的提问：答不上的记下来，记不下来也照样答。"""

import pytest
from fastapi.testclient import TestClient

from api.schemas import AnswerOut
from knowledge.wire import answer_to_json

NOTHING_OF_OURS = "合作社养蜂要办啥证"


def kept(client: TestClient) -> list[str]:
    return [question.text for question in client.app.state.service.unanswered.latest(None, 100)]


def test_a_question_without_an_answer_is_kept(client: TestClient):
    answer = client.post("/v1/answers", json={"question": NOTHING_OF_OURS}).json()

    assert answer["outcome"] in ("no_evidence", "clarify")
    assert kept(client).count(NOTHING_OF_OURS) == 1


def test_a_question_with_an_answer_is_not_kept(client: TestClient):
    answer = client.post("/v1/answers", json={"question": "低保怎么申请"}).json()

    assert answer["outcome"] == "answered"
    assert "低保怎么申请" not in kept(client)


def test_a_database_that_refuses_spoils_no_answer(client: TestClient):
    database = client.app.state.service.database
    with database.begin() as db:
        db.exec_driver_sql("ALTER TABLE unanswered_questions RENAME TO away")

    answer = client.post("/v1/answers", json={"question": NOTHING_OF_OURS})

    with database.begin() as db:
        db.exec_driver_sql("ALTER TABLE away RENAME TO unanswered_questions")
    assert answer.status_code == 200


@pytest.mark.parametrize("question", ["低保怎么申请", "社会救助暂行办法第九条", "低保", NOTHING_OF_OURS])
def test_an_answer_has_the_fields_that_the_interface_promises(client: TestClient, question: str):
    """直接写出的 JSON 和 openapi.json 里的一字不差，和命令行给出的是同一个答复。"""
    sent = client.post("/v1/answers", json={"question": question})

    body = sent.json()
    assert AnswerOut.model_validate_json(sent.content).model_dump(mode="json") == body
    told = answer_to_json(client.app.state.service.knowledge.answer(question))
    assert body["answer"] == told["answer"]
    assert body["citations"] == told["citations"]
    for hit, told_hit in zip(body["hits"], told["hits"], strict=True):
        assert hit["sources"] == told_hit.get("sources", [])
        assert {key: hit[key] for key in hit.keys() & told_hit.keys() - {"score"}}.items() <= told_hit.items()
