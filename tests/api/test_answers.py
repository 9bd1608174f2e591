"""没有对话的提问：答不上的记下来，记不下来也照样答。"""

from fastapi.testclient import TestClient

NOTHING_OF_OURS = "开挖掘机的操作证怎么考呢"


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
