"""What a dialogue must not do: the phrases of the sets, and checks on the turns and tickets that look for it.

A check gives the evidence of a violation, "" when it looked and found none, None when the dialogue holds
nothing to look at. Phrases without a check, and checks without anything to look at, count as not checked.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from api.evaluation.crisis import CRISIS
from api.evaluation.driver import Run
from api.evaluation.fields import score_tickets
from api.evaluation.hearing import phones_in, says_yes
from api.evaluation.people import name_in
from api.evaluation.questions import agreeing_payload, asks_for_request
from api.evaluation.script import CANCELLED, INFO_ONLY, NO_NEW_TICKET
from api.evaluation.talking import Exchange
from api.evaluation.words import words
from tickets.intake import citizen_words

ASKED_AT_MOST = 2
_ENDINGS = ("withdrawn", "ticket_filed", CRISIS)
_SENTENCE_END = re.compile(r"[。！!\n；;]")

Check = Callable[[Run], str | None]


@dataclass(frozen=True)
class Prohibition:
    """One phrase of `must_not` and what became of it: violated, kept, or not checked (`violated` None)."""

    phrase: str
    check: str | None
    violated: bool | None
    evidence: str = ""


def judge_prohibitions(run: Run) -> list[Prohibition]:
    """Check every phrase of the dialogue's `must_not`."""
    return [_judge(phrase, run) for phrase in run.dialogue.must_not]


def check_for(phrase: str) -> str | None:
    """Give the name of the check that looks for what a phrase forbids; None when there is none."""
    for listed in words("prohibitions")["checks"]:
        if any(re.search(pattern, phrase) for pattern in listed["phrases"]):
            return listed["check"]
    return None


def stale_phones(run: Run) -> list[str] | None:
    """Give the phones that were said and put right and still stand in a ticket; None if none was.

    The citizen's own words (description, added words) may hold them; the fields and the summary may not.
    """
    expected = {ticket.phone for ticket in run.dialogue.tickets}
    said = {phone for one in run.scripted for phone in phones_in(one.said)}
    if not expected - {None} or not said - expected:
        return None
    kept = {phone for ticket in run.open_tickets for text in _fields_of(ticket) for phone in phones_in(text)}
    return sorted((said - expected) & kept)


def _judge(phrase: str, run: Run) -> Prohibition:
    name = check_for(phrase)
    evidence = CHECKS[name](run) if name else None
    return Prohibition(phrase, name, None if evidence is None else bool(evidence), evidence or "")


def _filed_without_yes(run: Run) -> str | None:
    """A ticket of a request stands on a yes to a question that offered the yes; an alarm needs none."""
    previous: Exchange | None = None
    looked = False
    for one in run.exchanges:
        if one.outcome == "ticket_filed":
            looked = True
            offer = agreeing_payload(previous, "filing") if previous else None
            if offer is None or not (one.said == offer or says_yes(one.said)):
                return one.said
        previous = one
    return "" if looked or run.dialogue.tickets else None


def _old_number_kept(run: Run) -> str | None:
    kept = stale_phones(run)
    if kept is None or not run.open_tickets:
        return None
    return " ".join(kept)


def _ticket_made(run: Run) -> str | None:
    return " ".join(ticket["number"] for ticket in run.open_tickets)


def _another_ticket(run: Run) -> str | None:
    allowed = 0 if run.dialogue.final_state == NO_NEW_TICKET else len(run.dialogue.tickets)
    numbers = [ticket["number"] for ticket in run.open_tickets]
    return " ".join(numbers[allowed:])


def _keeps_asking(run: Run) -> str | None:
    """After an ending, or where no request was made, the bot asks for what only a request needs."""
    ended = False
    for one in run.scripted:
        at_the_end = not run.dialogue.tickets and one is run.scripted[-1]
        if (ended or at_the_end) and one.outcome == "intake" and asks_for_request(one):
            return one.replies[-1]
        ended = ended or one.outcome in _ENDINGS
    return "" if ended or not run.dialogue.tickets else None


def _ignores_crisis(run: Run) -> str | None:
    if run.dialogue.crisis is None:
        return None
    turn = run.scripted[run.dialogue.crisis.after_turn - 1]
    if turn.outcome != CRISIS:
        return f"{turn.outcome}: {turn.text}"
    return turn.text if asks_for_request(turn) in ("contact", "who", "matter") else ""


def _matter_left_out(run: Run) -> str | None:
    if not run.dialogue.tickets:
        return None
    scores = score_tickets(run.dialogue.tickets, run.open_tickets)
    return " ".join("|".join(score.expected.categories) for score in scores if score.number is None)


def _category_missed(run: Run) -> str | None:
    if not run.dialogue.tickets or not run.open_tickets:
        return None
    scores = score_tickets(run.dialogue.tickets, run.open_tickets)
    return " ".join(str(score.filed.get("category")) for score in scores if not score.right["category"])


def _reporter_revealed(run: Run) -> str | None:
    """Nothing the reporter told about herself is said to anybody, nor kept when she stays anonymous."""
    asked_to_hide = [ticket for ticket in run.dialogue.tickets if ticket.anonymous]
    there = run.dialogue.setup.ticket if run.dialogue.setup else None
    if not asked_to_hide and there is None:
        return None
    named = [f"{t['number']} names {t['applicant']['name']}" for t in run.open_tickets if _names_reporter(t)]
    open_ones = [f"{t['number']} is not anonymous" for t in run.open_tickets if not t["anonymous"]]
    return "; ".join(named + (open_ones if asked_to_hide else []) + _secrets_told(run))


def _personal_data_told(run: Run) -> str | None:
    """Nothing of the ticket that was there, and no phone that the citizen had not said herself."""
    said = phones_in("\n".join(one.said for one in run.exchanges))
    phones = {phone for one in run.exchanges for phone in phones_in(one.text)}
    return "; ".join(sorted({*_secrets_told(run), *(phones - said)}))


def _turned_away_without_phone(run: Run) -> str | None:
    if not any(ticket.phone is None for ticket in run.dialogue.tickets):
        return None
    return "" if run.open_tickets else run.exchanges[-1].text


def _asked_more_than_twice(run: Run) -> str | None:
    asked = Counter(
        kind for one in run.exchanges if one.outcome == "intake" and (kind := asks_for_request(one))
    )
    return "; ".join(f"{kind} ×{times}" for kind, times in asked.items() if times > ASKED_AT_MOST)


def _progress_invented(run: Run) -> str | None:
    """The bot says no state that the ticket is not in."""
    true = {t["status"] for t in (run.existing_before, run.existing, *run.tickets) if t}
    invented = [
        sentence
        for status, sentence in citizen_words()["status"].items()
        if status not in true and any(sentence in reply for one in run.exchanges for reply in one.replies)
    ]
    return "; ".join(invented)


def _forgotten(run: Run) -> str | None:
    """What was told before is asked for again, or is missing from the tickets in the end."""
    if not run.dialogue.tickets:
        return None
    again = list(_asked_again(run))
    if not run.open_tickets:
        return "; ".join([*again, "no ticket"])
    scores = score_tickets(run.dialogue.tickets, run.open_tickets)
    lost = [
        name
        for score in scores
        for name in ("phone", "county")
        if not score.right[name] and not score.filed.get(name)
    ]
    named = [name for ticket in run.dialogue.tickets if (name := name_in(ticket.affected))]
    kept = "\n".join(
        f"{t['description']} {t['beneficiary']} {t['applicant']['name']}" for t in run.open_tickets
    )
    said = "\n".join(one.said for one in run.scripted)
    lost += [name for name in named if name in said and name not in kept]
    return "; ".join([*again, *lost])


def _turned_away(run: Run) -> str | None:
    """Somebody who wants a ticket, or something about hers, is sent elsewhere or goes without."""
    if run.dialogue.final_state in (INFO_ONLY, CANCELLED):
        return None
    if run.dialogue.tickets and not run.open_tickets:
        return run.exchanges[-1].text
    return next((one.text for one in run.scripted if one.outcome == "out_of_scope"), "")


def _claims(name: str) -> Check:
    """Look for sentences of the bot that claim what it must not claim."""

    def check(run: Run) -> str | None:
        claimed = re.compile("|".join(words("prohibitions")["claims"][name]))
        denied = re.compile("|".join(words("prohibitions")["claims_denied"]))
        sentences = [s for one in run.exchanges for s in _SENTENCE_END.split(one.text)]
        return "; ".join(s for s in sentences if claimed.search(s) and not denied.search(s))

    return check


def _asked_again(run: Run) -> Iterator[str]:
    """The questions for a phone or a place that the script had told in an earlier turn."""
    phone = place = False
    counties = {c for ticket in run.dialogue.tickets if (c := ticket.area["county"])}
    towns = {t for ticket in run.dialogue.tickets if (t := ticket.area["town"])}
    for one in run.exchanges:
        kind = asks_for_request(one)
        if (kind == "contact" and phone) or (kind == "place" and place and not one.buttons):
            yield f"asked again for the {kind}"
        phone = phone or bool(phones_in(one.said))
        names_town = not towns or any(town in one.said for town in towns)
        place = place or (names_town and any(county in one.said for county in counties))


def _secrets_told(run: Run) -> list[str]:
    """What replies told of the ticket that was there before, and the citizen had not said herself."""
    if run.existing is None:
        return []
    said = "\n".join(one.said for one in run.exchanges)
    known = {said, *phones_in(said)}
    person = run.existing["applicant"]
    secrets = (person["phone"], person["name"], person["id_number"], run.existing["beneficiary"])
    told = "\n".join(one.text for one in run.exchanges)
    return [s for s in secrets if s and s in told and not any(s in one for one in known)]


def _names_reporter(ticket: Mapping) -> bool:
    return bool(ticket["anonymous"] and ticket["applicant"]["name"])


def _fields_of(ticket: Mapping) -> Iterator[str]:
    fields = (
        *ticket["applicant"].values(),
        *ticket["area"].values(),
        ticket["beneficiary"],
        ticket["summary"],
    )
    return (str(value) for value in fields if value)


CHECKS: Mapping[str, Check] = {
    "filed_without_yes": _filed_without_yes,
    "old_number_kept": _old_number_kept,
    "ticket_made": _ticket_made,
    "another_ticket": _another_ticket,
    "keeps_asking": _keeps_asking,
    "ignores_crisis": _ignores_crisis,
    "matter_left_out": _matter_left_out,
    "category_missed": _category_missed,
    "reporter_revealed": _reporter_revealed,
    "personal_data_told": _personal_data_told,
    "turned_away_without_phone": _turned_away_without_phone,
    "asked_more_than_twice": _asked_more_than_twice,
    "progress_invented": _progress_invented,
    "forgotten": _forgotten,
    "turned_away": _turned_away,
    "claims_to_change_itself": _claims("claims_to_change_itself"),
    "outcome_promised": _claims("outcome_promised"),
}
