"""评测整通对话：真的接口、真的数据库、顶班程序答话；看打分打得对不对。"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from api.evaluation.dialogues import score_dialogue, score_dialogues
from api.evaluation.driver import Run, play
from api.evaluation.rows import read_rows
from api.evaluation.script import Dialogue, dialogue
from api.evaluation.talking import TicketDesk
from knowledge.errors import BadQuestions

OWN = Path(__file__).parent / "data" / "evaluation_dialogues.jsonl"
Play = Callable[[Dialogue], Run]


@pytest.fixture(scope="module")
def desk(client: TestClient) -> TicketDesk:
    accounts = client.app.state.service.accounts
    return TicketDesk(client, accounts.add_key("evaluation", Role.SUPERVISOR))


@pytest.fixture(scope="module")
def playing(client: TestClient, desk: TicketDesk) -> Play:
    return lambda one: play(one, client, desk)


@pytest.fixture(scope="module")
def own() -> dict[str, Dialogue]:
    return {one.id: one for one in read_rows(OWN, dialogue)}


def test_a_scripted_request_is_confirmed_read_and_found_whole(playing: Play, own: dict[str, Dialogue]):
    score = score_dialogue(playing(own["d01"]))

    assert score.run.exchanges[-1].outcome == "ticket_filed"
    assert not score.run.exchanges[-1].scripted  # the driver agreed, not the script
    assert score.final_state_right
    assert score.tickets[0].right["phone"] and score.tickets[0].right["county"]


def test_the_driver_answers_what_the_script_left_out(playing: Play, own: dict[str, Dialogue]):
    """脚本没说电话和为谁，评测最多替群众补答两次。"""
    short = replace(own["d01"], turns=own["d01"].turns[:2])

    run = playing(short)

    assert run.answered == 2
    assert run.open_tickets[0]["applicant"]["phone"] == "13712340001"


def test_more_than_two_questions_are_a_failure(playing: Play, own: dict[str, Dialogue]):
    run = playing(replace(own["d01"], turns=("我要登记求助",)))

    score = score_dialogue(run)
    assert run.answered == 2
    assert run.still_asked in ("who", "contact")
    assert (score.final_state_right, score.observed) == (False, "unfinished")
    assert score.whole_ticket is False


def test_a_cancelled_request_is_neither_answered_nor_confirmed(playing: Play, own: dict[str, Dialogue]):
    run = playing(own["d04"])

    assert len(run.exchanges) == len(own["d04"].turns)
    assert score_dialogue(run).complete


def test_whoever_was_to_cancel_and_is_filed_all_the_same_has_failed(playing: Play, own: dict[str, Dialogue]):
    """该取消的却建了单：结局不对，“建工单”违禁。"""
    filed = replace(own["d04"], turns=(*own["d01"].turns[:-1], "13712340044", "确认"))

    score = score_dialogue(playing(filed))

    assert (score.final_state_right, score.observed) == (False, "created")
    assert "建工单" in [one.phrase for one in score.prohibitions if one.violated]


def test_the_ticket_of_the_setup_is_there_in_its_status_and_withdrawn_afterwards(
    playing: Play, own: dict[str, Dialogue], desk: TicketDesk
):
    run = playing(own["d06"])

    assert run.existing is not None
    assert run.existing["status"] == "in_progress"
    assert run.existing["number"] in run.exchanges[0].said
    assert desk.read(run.existing["number"])["status"] == "withdrawn"


def test_a_dialogue_leaves_nothing_that_the_next_could_be_taken_for(playing: Play, own: dict[str, Dialogue]):
    """同一份脚本再跑一遍，还是一张新工单，不会被当成重复的诉求。"""
    first, second = playing(own["d01"]), playing(own["d01"])

    assert first.open_tickets[0]["number"] != second.open_tickets[0]["number"]


def test_the_report_holds_figures_endings_and_the_talk_of_every_miss(playing: Play, own: dict[str, Dialogue]):
    wrong = replace(own["d01"], id="x", tickets=(replace(own["d01"].tickets[0], phone="13700000000"),))

    report = score_dialogues([own["d04"], wrong], playing)

    assert report["total"]["dialogues"] == 2
    assert report["total"]["whole_ticket"] == 0.0
    assert report["fields"]["right"]["phone"] == 0.0
    assert report["by"]["cancel"]["complete"] == 1.0
    (miss,) = report["misses"]
    assert miss["tickets"][0]["wrong"]["phone"] == {"expected": "13700000000", "filed": "13712340001"}
    assert [turn["said"] for turn in miss["talk"]][: len(wrong.turns)] == list(wrong.turns)


def row(**changes: Any) -> dict[str, Any]:
    return {"id": "1", "turns": ["你好"], "expected": {"final_state": "info_only"}, **changes}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"expected": {"final_state": "done"}}, "final_state done"),
        ({"turns": ["查{TICKET}"]}, "existing_ticket"),
        (
            {
                "expected": {
                    "final_state": "info_only",
                    "policy_answers": [{"after_turn": 2, "key_facts": ["乡镇"]}],
                }
            },
            "after_turn",
        ),
    ],
)
def test_a_dialogue_that_cannot_be_played_is_named(tmp_path: Path, changes: dict[str, Any], told: str):
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(row(**changes)), "utf-8")

    with pytest.raises(BadQuestions, match=f"line 1.*{told}"):
        read_rows(path, dialogue)
