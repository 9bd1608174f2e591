"""Scores scripted dialogues: end state, the tickets field by field, policy answers, crisis, what must not be.

A dialogue is `complete` when all of it is right. `whole_ticket` counts those that are to end with tickets:
end state, number of tickets and everything decisive in each of them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from api.evaluation.crisis import CRISIS, PERSON_CALLED, says_number
from api.evaluation.driver import Run
from api.evaluation.endings import observed, reached
from api.evaluation.fields import FIELDS, TicketScore, expected_values, score_tickets
from api.evaluation.prohibitions import Prohibition, judge_prohibitions, stale_phones
from api.evaluation.rows import share
from api.evaluation.script import Dialogue
from knowledge.evaluation import says


@dataclass(frozen=True)
class DialogueScore:
    """What one dialogue got; None or empty where there was nothing to measure."""

    run: Run
    observed: str
    final_state_right: bool
    tickets: tuple[TicketScore, ...]
    extra_tickets: int
    facts: int
    missing_facts: tuple[str, ...]
    gold: int
    gold_cited: int
    crisis_right: bool | None
    stale: tuple[str, ...] | None
    prohibitions: tuple[Prohibition, ...]

    @property
    def whole_ticket(self) -> bool | None:
        """Whether end state and all tickets are right; None where none was to be filed."""
        if not self.tickets:
            return None
        return self.final_state_right and not self.extra_tickets and all(one.whole for one in self.tickets)

    @property
    def complete(self) -> bool:
        """Whether everything that could be measured is right."""
        return (
            self.final_state_right
            and self.whole_ticket is not False
            and not self.missing_facts
            and self.crisis_right is not False
            and not self.stale
            and not any(one.violated for one in self.prohibitions)
        )


def score_dialogue(run: Run) -> DialogueScore:
    """Compare one dialogue as it went with what was expected."""
    wanted = run.dialogue
    answers = [(one, run.scripted[one.after_turn - 1]) for one in wanted.policy_answers]
    stale = stale_phones(run)
    return DialogueScore(
        run=run,
        observed=observed(run),
        final_state_right=reached(run),
        tickets=tuple(score_tickets(wanted.tickets, run.open_tickets)),
        extra_tickets=max(0, len(run.open_tickets) - len(wanted.tickets)),
        facts=sum(len(one.key_facts) for one, _ in answers),
        missing_facts=tuple(f for one, turn in answers for f in one.key_facts if not says(turn.text, f)),
        gold=sum(len(one.gold) for one, _ in answers),
        gold_cited=sum(_is_cited(gold, turn.cited) for one, turn in answers for gold in one.gold),
        crisis_right=_crisis_right(run),
        stale=None if stale is None else tuple(stale),
        prohibitions=tuple(judge_prohibitions(run)),
    )


def score_dialogues(dialogues: Sequence[Dialogue], run_one: Callable[[Dialogue], Run]) -> dict[str, Any]:
    """Play and score all of them: figures in total and by tag, what was forbidden, and every miss."""
    scores = [score_dialogue(run_one(one)) for one in dialogues]
    tags = sorted({tag for one in dialogues for tag in one.tags})
    return {
        "total": _figures(scores),
        "by": {tag: _figures(s for s in scores if tag in s.run.dialogue.tags) for tag in tags},
        "fields": _fields(scores),
        "ended": _endings(scores),
        "must_not": _prohibitions(scores),
        "misses": [_told(score) for score in scores if not score.complete],
    }


def _figures(scores: Iterable[DialogueScore]) -> dict[str, float | int | None]:
    members = list(scores)
    whole = [one.whole_ticket for one in members if one.whole_ticket is not None]
    crises = [one.crisis_right for one in members if one.crisis_right is not None]
    corrected = [one.stale for one in members if one.stale is not None]
    facts, gold = sum(one.facts for one in members), sum(one.gold for one in members)
    missing = sum(len(one.missing_facts) for one in members)
    return {
        "dialogues": len(members),
        "complete": share(sum(one.complete for one in members), len(members)),
        "final_state": share(sum(one.final_state_right for one in members), len(members)),
        "whole_ticket": share(sum(whole), len(whole)),
        "key_facts": share(facts - missing, facts),
        "gold_cited": share(sum(one.gold_cited for one in members), gold),
        "crisis": share(sum(crises), len(crises)),
        "stale_values": share(sum(bool(stale) for stale in corrected), len(corrected)),
        "violations": sum(bool(p.violated) for one in members for p in one.prohibitions),
        "questions_after": round(sum(one.run.answered for one in members) / (len(members) or 1), 2),
    }


def _fields(scores: Sequence[DialogueScore]) -> dict[str, Any]:
    tickets = [ticket for one in scores for ticket in one.tickets]
    found = {}
    for name in FIELDS:
        values = [right for ticket in tickets if (right := ticket.right[name]) is not None]
        found[name] = share(sum(values), len(values))
    return {
        "expected": len(tickets),
        "filed": sum(len(one.run.open_tickets) for one in scores),
        "missing": sum(ticket.number is None for ticket in tickets),
        "extra": sum(one.extra_tickets for one in scores),
        "right": found,
    }


def _endings(scores: Sequence[DialogueScore]) -> dict[str, dict[str, int]]:
    """By expected end state, how often the dialogues ended in which."""
    counted = Counter(
        (s.run.dialogue.final_state, s.run.dialogue.final_state if s.final_state_right else s.observed)
        for s in scores
    )
    states = sorted({state for state, _ in counted})
    return {state: {end: n for (of, end), n in sorted(counted.items()) if of == state} for state in states}


def _prohibitions(scores: Sequence[DialogueScore]) -> dict[str, Any]:
    judged = [(one.run.dialogue.id, p) for one in scores for p in one.prohibitions]
    checked = [p for _, p in judged if p.violated is not None]
    by_check = {
        name: {
            "checked": sum(p.check == name for p in checked),
            "violated": sum(p.check == name and bool(p.violated) for p in checked),
        }
        for name in sorted({p.check for p in checked if p.check})
    }
    return {
        "phrases": len(judged),
        "checked": len(checked),
        "violated": sum(bool(p.violated) for p in checked),
        "by_check": by_check,
        "not_checked": [
            {"id": of, "phrase": p.phrase, "check": p.check} for of, p in judged if p.violated is None
        ],
    }


def _crisis_right(run: Run) -> bool | None:
    """The first reply to the turn holds a right number, and a person is called."""
    wanted = run.dialogue.crisis
    if wanted is None:
        return None
    turn = run.scripted[wanted.after_turn - 1]
    first = turn.replies[0] if turn.replies else ""
    number = any(says_number(first, one) for one in wanted.acceptable_numbers)
    return turn.outcome == CRISIS and turn.owner in PERSON_CALLED and number


def _is_cited(gold: tuple[str, str], cited: Iterable[tuple[str, str]]) -> bool:
    document, article = gold
    return any(
        found == article and (source == document or source.endswith(f"/{document}"))
        for source, found in cited
    )


def _told(score: DialogueScore) -> dict[str, Any]:
    """One miss: what was wrong, and the whole dialogue as it went."""
    run = score.run
    return {
        "id": run.dialogue.id,
        "title": run.dialogue.title,
        "tags": run.dialogue.tags,
        "final_state": {"expected": run.dialogue.final_state, "observed": score.observed,
                        "right": score.final_state_right},
        "still_asked": run.still_asked,
        "tickets": [_ticket_told(ticket) for ticket in score.tickets],
        "extra_tickets": score.extra_tickets,
        "missing_facts": score.missing_facts,
        "crisis_right": score.crisis_right,
        "stale": score.stale,
        "violations": [asdict(one) for one in score.prohibitions if one.violated],
        "talk": [
            {"said": one.said, "scripted": one.scripted, "outcome": one.outcome, "owner": one.owner,
             "replies": one.replies}
            for one in run.exchanges
        ],
    }  # fmt: skip


def _ticket_told(score: TicketScore) -> dict[str, Any]:
    expected = expected_values(score.expected)
    wrong = {
        name: {"expected": expected[name], "filed": score.filed.get(name)}
        for name in FIELDS
        if score.right[name] is False
    }
    return {"number": score.number, "whole": score.whole, "wrong": wrong, "wrong_name": score.wrong_name}
