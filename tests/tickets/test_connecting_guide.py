"""docs/connect-a-case-system.md says what the code does: its example row, its message, its vector."""

import json
import re
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.tickets.event_bench import outgoing
from tests.tickets.receiver_bench import SECRET
from tickets.case_systems import Push, load_case_systems
from tickets.model import Actor, Role
from tickets.payload import payload
from tickets.signing import new_secret, verify

GUIDE = Path(__file__).parents[2] / "docs" / "connect-a-case-system.md"
BLOCKS = [
    textwrap.dedent(block)
    for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", GUIDE.read_text("utf-8"), re.M)
]


def block_with(text: str) -> str:
    [found] = [block for block in BLOCKS if text in block]
    return found


@pytest.fixture
def engine(sqlite_engine):
    """What is sent does not depend on the database."""
    return sqlite_engine


@pytest.mark.parametrize("name", ["county-bureau", "trial"])
def test_the_rows_of_the_guide_can_be_used(tmp_path, name):
    row = block_with(f"name: {name}")
    uncommented = re.sub(r"^(  +)# (\w+:)", r"\1\2", row, flags=re.M).replace(
        "payload: thin", "payload: full"
    )
    for text in (row, uncommented):
        path = tmp_path / "case_systems.yml"
        path.write_text(re.sub(r'"(file:/run|whsec_)[^"]*"', lambda _: f'"{new_secret()}"', text), "utf-8")

        assert load_case_systems(path)[name].push


def test_the_message_of_the_guide_has_the_fields_of_a_real_one(desk, new_ticket):
    shown = json.loads(block_with("POST /hotline/events").partition("\n\n")[2])
    ticket = desk.file(new_ticket())
    ticket = desk.move(ticket.number, "dispatch", actor=Actor("7001", Role.DISPATCHER), office="某县民政局")
    push = Push.model_validate({"url": "https://case.example.gov.cn/", "secrets": [SECRET]})

    sent = json.loads(payload(outgoing(ticket), push))

    assert (list(shown), list(shown["data"])) == (list(sent), list(sent["data"]))
    assert shown["type"] == sent["type"]
    assert shown["data"]["id"] == f"evt_{shown['data']['number']}_{shown['data']['position']}"


def test_the_vector_of_the_guide_verifies():
    vector = dict(line.split(None, 1) for line in block_with("secret     whsec_").strip().splitlines())
    headers = {f"webhook-{name}": vector[name] for name in ("id", "timestamp", "signature")}
    at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)

    assert verify(headers, vector["body"].encode(), (vector["secret"],), at) == vector["id"]
