"""运行状态：活着、就绪（逐个部件）、计数。"""


def test_alive(client):
    assert client.get("/healthz").json() == {"status": "alive"}


def test_ready_names_the_part_that_is_missing(client):
    """没有 Rasa 时要说得出来，但其他部件照常。"""
    ready = client.get("/readyz")

    assert ready.status_code == 503
    parts = ready.json()["parts"]
    assert parts["database"]["ready"] and parts["knowledge"]["ready"]
    assert not parts["rasa"]["ready"]


def test_metrics_count_turns(client, conversation):
    path, headers = conversation
    client.post(f"{path}/messages", json={"text": "临时救助怎么申请"}, headers=headers)

    assert 'hotline_turns_total{outcome="answered"}' in client.get("/metrics").text


def test_the_interface_describes_itself(client):
    paths = client.get("/openapi.json").json()["paths"]

    for path in (
        "/v1/conversations",
        "/v1/conversations/{conversation_id}/messages",
        "/v1/conversations/{conversation_id}/events",
        "/v1/conversations/{conversation_id}/handover",
        "/v1/answers",
        "/v1/tickets/{number}",
        "/v1/tickets/{number}/{transition}",
        "/healthz",
        "/readyz",
    ):
        assert path in paths
    assert "/actions/webhook" not in paths
