"""说明书怎么写，服务就怎么做：按 /openapi.json 生成各种请求，逐个接口核对回答。

schemathesis makes the requests, right ones and wrong ones, and compares the answers with the description.
HOTLINE_TEST_EFFORT=5 makes five times as many, on PostgreSQL too (then with pytest --timeout=0).
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from api.accounts.model import Role
from api.main import create_app
from api.settings import PROJECT_ROOT, Settings
from tests.conftest import free_port, wait_until
from tests.postgres import PostgresServer, postgres_server  # noqa: F401
from tickets.lifecycle import MOVES

EFFORT = int(os.environ.get("HOTLINE_TEST_EFFORT", "1"))
EXAMPLES = 5 * EFFORT
PROMISED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)
ENDLESS = ("/v1/conversations/{conversation_id}/events",)  # a stream of events has no end to wait for
HONESTLY_DOWN = ("/readyz",)  # without Rasa it says 503, as described


@pytest.fixture(scope="module", params=["sqlite", "postgresql"] if EFFORT > 1 else ["sqlite"])
def api(
    request: pytest.FixtureRequest, indexed_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The address of an api with a database of its own, and what exists in it; the stand-in answers."""
    database = f"sqlite:///{tmp_path_factory.mktemp('openapi') / 'hotline.db'}"
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        database = postgres.address(postgres.new_database())
    app = create_app(Settings(data_dir=indexed_data, database_url=database, rasa_url=None))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    key = app.state.service.accounts.add_key("tester", Role.ADMIN)
    url = f"http://127.0.0.1:{port}"
    yield url, _things_that_exist(url, key)
    server.should_exit = True
    thread.join(10)


def test_every_answer_is_one_that_the_description_promises(api, tmp_path: Path):
    """没有 500，没有说明书里没有的状态码；内容类型和结构都对得上。"""
    url, known = api
    left_out = [option for path in (*ENDLESS, *HONESTLY_DOWN) for option in ("--exclude-path", path)]
    run = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "run", f"{url}/openapi.json"),
            *(
                "--checks",
                ",".join(PROMISED),
                "--max-examples",
                str(EXAMPLES),
                *left_out,
            ),
            *(
                "--phases",
                "examples,coverage,fuzzing",
                "--continue-on-failure",
                "--no-color",
                "--workers",
                "1",
            ),
            *("--seed", "1", "--generation-database", "none", "--suppress-health-check", "all"),
            *(
                "--generation-with-security-parameters",
                "false",
                "--generation-allow-x00",
                "true",
                "--warnings",
                "off",
            ),
            *("--header", f"X-API-Key: {known['key']}"),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT_ROOT),
            "SCHEMATHESIS_HOOKS": "tests.api.openapi_hooks",
            "HOTLINE_TEST_KNOWN": json.dumps(known),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"Tested: {known['operations'] - len(ENDLESS) - len(HONESTLY_DOWN)}\n" in run.stdout


def _things_that_exist(url: str, key: str) -> dict[str, Any]:
    with httpx.Client(base_url=url, headers={"X-API-Key": key}) as http:
        opened = http.post("/v1/conversations", json={}).json()
        told = ({"description": f"第{n}家没有米下锅", "place": "隆回县"} for n in range(4))
        paths = http.get("/openapi.json").json()["paths"].values()
        numbers = [http.post("/v1/tickets", json=each).json()["number"] for each in told]
    return {
        "operations": sum(map(len, paths)),
        "key": key,
        "token": opened["token"],
        "parameters": {
            **dict.fromkeys(("number", "related", "service_request_id", "token"), numbers),
            "conversation_id": [opened["conversation_id"]],
            "service_code": ["medical", "temporary"],
            "transition": list(MOVES),
        },
    }


@pytest.mark.parametrize("since", ["2026", "0.5", "0001-01-01", "9999-12-31T23:59:59Z"])
def test_what_is_no_date_of_ours_is_refused(desk_client, key_of, since):
    """“2026”会被当成 1970 年后的 2026 秒；公元元年换不了时区：都要说清楚，不能悄悄查错。"""
    refused = desk_client.get("/v1/tickets", params={"since": since}, headers=key_of(Role.AGENT))

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["at"] == ["query", "since"]


def test_errors_are_described_as_they_come(desk_client):
    described = desk_client.get("/openapi.json").json()
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}

    assert described["paths"]["/v1/tickets"]["post"]["responses"]["422"]["content"] == problem
    assert described["paths"]["/v1/tickets"]["post"]["responses"]["400"]["content"] == problem
    assert "422" not in described["paths"]["/open311/v2/requests.{format}"]["post"]["responses"]
    assert "HTTPValidationError" not in described["components"]["schemas"]
