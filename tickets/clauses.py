"""Splits a request into clauses and says of each what it asks for or tells, and of whom."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from tickets.hearing import SELF, words
from tickets.model import Category
from tickets.triage import triage

NEEDS_FILE = Path(__file__).parent / "data" / "needs.yml"


@dataclass(frozen=True)
class Named:
    """Somebody as a clause names them; `relation` is None where it says no kinship (老人)."""

    word: str
    relation: str | None


@dataclass(frozen=True)
class Clause:
    """One clause of a request.

    `order` counts the clauses of the request, `message` the messages. `category` is what it is about, if
    anything; then either it is `asked` for (`applied` for: with a word for asking, not only for trouble with
    it), or a `plight` is told, or it is only mentioned. `marked`: holds words for one thing more (另外).
    `because`: says that it is a reason or the past. `speaker`: it says 我 and names nobody else.
    """

    text: str
    order: int
    message: int
    category: Category | None = None
    asked: bool = False
    applied: bool = False
    plight: bool = False
    person: Named | None = None
    marked: bool = False
    also: bool = False
    because: bool = False
    speaker: bool = False


@dataclass(frozen=True)
class Kind:
    """How one category is asked for by name, and the plights that speak for it alone."""

    category: Category
    named: re.Pattern[str]
    plights: re.Pattern[str] | None
    mentions: re.Pattern[str] | None


@dataclass(frozen=True)
class NeedRules:
    """What data/needs.yml says, ready to match; `words` are its plain values."""

    kinds: tuple[Kind, ...]
    patterns: Mapping[str, re.Pattern[str]]
    people: Mapping[str, str | None]
    weights: Mapping[str, float]
    relief: frozenset[Category]
    foremost: frozenset[Category]
    no_reasons: frozenset[Category]
    of_the_house: frozenset[Category]
    follows: frozenset[tuple[Category, Category]]
    states: Mapping[Category, re.Pattern[str]]
    words: Mapping[str, Any]


@cache
def need_rules() -> NeedRules:
    """Read data/needs.yml, and the kinship words of data/intake.yml."""
    data = yaml.safe_load(NEEDS_FILE.read_text("utf-8"))
    people: dict[str, str | None] = dict.fromkeys(data["somebody"])
    own_case = words()["relations"][SELF]
    for listed in (data["people"], words()["relations"]):
        people |= {
            word: relation for relation, named in listed.items() for word in named if word not in own_case
        }
    lists = {name: data[name] for name in ("not_needs", "not_people")} | {
        "people": sorted(people, key=len, reverse=True)
    }
    own = f"我(?![{words()['not_own_plight']}]|{data['before_kin']})"
    return NeedRules(
        kinds=tuple(
            Kind(
                Category(name),
                _any_of(kind["named"]),
                _any_of(kind["plights"]) if kind["plights"] else None,
                _any_of(kind["mentions"]) if "mentions" in kind else None,
            )
            for name, kind in data["kinds"].items()
        ),
        patterns={name: re.compile(data[name]) for name in data["patterns"]}
        | {name: _any_of(listed) for name, listed in lists.items()}
        | {"own": re.compile(own), "for": re.compile(f"(?:{data['for_whom']})({'|'.join(lists['people'])})")},
        people=people,
        weights=data["weights"],
        relief=frozenset(map(Category, data["relief"])),
        foremost=frozenset(map(Category, data["foremost"])),
        no_reasons=frozenset(map(Category, data["no_reasons"])),
        of_the_house=frozenset(map(Category, data["of_the_house"])),
        follows=frozenset(
            (Category(one), Category(other)) for one, others in data["follows"].items() for other in others
        ),
        states={Category(name): re.compile(pattern) for name, pattern in data["states"].items()},
        words=data,
    )


def clauses_of(told: str) -> tuple[Clause, ...]:
    """Split a request, its messages joined by line breaks; messages that tell of no matter are left out."""
    rules = need_rules()
    announced = bool(rules.patterns["announced"].search(told))
    found: list[Clause] = []
    for message, line in enumerate(told.splitlines()):
        heard = [
            clause
            for sentence in rules.patterns["sentence_ends"].split(line)
            for clause in _judged(_sentence(sentence, message, announced, rules), rules)
        ]
        if any(clause.category or clause.marked for clause in heard):
            found += heard
    return tuple(replace(clause, order=order) for order, clause in enumerate(found))


def _sentence(sentence: str, message: int, announced: bool, rules: NeedRules) -> list[Clause]:
    parts = [part.strip() for part in rules.patterns["clause_ends"].split(sentence)]
    if announced:
        parts = [thing.strip() for part in parts for thing in rules.patterns["listed_ends"].split(part)]
    heard = [clause for part in parts if part for clause in _clauses(part, message, announced, rules)]
    return [_named_before(clause, before, rules) for before, clause in pairwise([Clause("", 0, 0), *heard])]


def _judged(sentence: list[Clause], rules: NeedRules) -> Iterator[Clause]:
    """Let triage judge what no rule knows, by parts that begin with 另外 or turn to somebody else."""
    for part in _parts(sentence):
        text = rules.patterns["not_needs"].sub("", "".join(clause.text for clause in part))
        known = any(clause.asked or clause.plight for clause in part)
        applied, trouble = (bool(rules.patterns[name].search(text)) for name in ("asks", "trouble"))
        judged = None if known or not (applied or trouble or part[0].marked) else triage(text)
        least = rules.words["judged_from"]["marked" if part[0].marked else "plain"]
        if judged is None or judged.confidence < least or len(text) < rules.words["least_to_judge"]:
            yield from part
        else:
            yield from (replace(clause, category=None) for clause in part[:-1])
            yield replace(
                part[-1], category=judged.category, asked=applied, applied=applied, plight=not applied
            )


def _parts(sentence: list[Clause]) -> Iterator[list[Clause]]:
    part: list[Clause] = []
    for clause in sentence:
        known = {said.person.relation for said in part if said.person}
        turns = clause.person is not None and part and clause.person.relation not in known
        if part and (clause.marked or turns):
            yield part
            part = []
        part.append(clause)
    if part:
        yield part


def _named_before(clause: Clause, before: Clause, rules: NeedRules) -> Clause:
    """Let 补贴还没办 be about what the clause before told (儿子有智力残疾)."""
    holds = {
        name: rules.patterns[name].search(clause.text) for name in ("asks", "trouble", "unnamed", "costs")
    }
    asked = holds["unnamed"] and (holds["asks"] or holds["trouble"])
    category = next((c for c, pattern in rules.states.items() if pattern.search(before.text)), None)
    if (
        clause.category
        or category is None
        or not (asked or (holds["costs"] and category is Category.MEDICAL))
    ):
        return clause
    return replace(
        clause,
        category=category,
        asked=bool(asked),
        applied=bool(asked and holds["asks"]),
        plight=not asked,
    )


def _clauses(text: str, message: int, announced: bool, rules: NeedRules) -> Iterator[Clause]:
    """Give the clause, or one for each of the two things that it asks for (低保和残疾补贴)."""
    plain = re.sub(r"\s", " ", unicodedata.normalize("NFKC", text))
    bare = rules.patterns["not_needs"].sub(lambda match: "\0" * len(match.group()), plain)
    person = _person(plain, rules)
    said = Clause(
        text,
        0,
        message,
        person=person,
        marked=bool(rules.patterns["marked"].search(plain)),
        also=bool(rules.patterns["also"].search(plain)),
        because=bool(rules.patterns["because"].search(plain)),
        speaker=person is None and bool(rules.patterns["speaker"].search(plain)),
    )
    wants = bool(rules.patterns["asks"].search(plain))
    applied = wants and not rules.patterns["interrupted"].search(plain)
    asks = wants or bool(rules.patterns["trouble"].search(plain))
    named = sorted(
        (match.end(), match.start(), kind.category)
        for kind in rules.kinds
        for match in [_last(kind.named, bare)]
        if match
    )
    if (asks or announced) and (two := _two_things(plain, named, rules)):
        for (things, category), more in zip(two, (False, True), strict=True):
            about = _person(things, rules) or said.person
            yield replace(
                said,
                text=things,
                category=category,
                asked=True,
                applied=applied or announced,
                person=about,
                marked=said.marked or more,
            )
        return
    plights = sorted(
        (match.end(), kind.category)
        for kind in rules.kinds
        if kind.plights
        for match in [_last(kind.plights, bare)]
        if match
    )
    foremost = next((c for *_, c in (*named, *plights) if c in rules.foremost), None)
    if named and (asks or announced):
        yield replace(said, category=foremost or named[-1][2], asked=True, applied=applied or announced)
    elif plights:
        yield replace(said, category=foremost or plights[-1][1], plight=True)
    else:
        mentioned = [kind.category for kind in rules.kinds if kind.mentions and kind.mentions.search(bare)]
        mentioned += [category for _, _, category in named]
        yield replace(said, category=mentioned[-1] if mentioned else None)


def _two_things(
    plain: str, named: list[tuple[int, int, Category]], rules: NeedRules
) -> tuple[tuple[str, Category], tuple[str, Category]] | None:
    """Give the words and the category of two things joined by 和, or None where they are only compared."""
    if rules.patterns["compares"].search(plain):
        return None
    for (end, start, category), (other_end, other_start, other) in pairwise(named):
        joint = rules.patterns["joint"].search(plain, end, max(end, other_start))
        if joint and category is not other:
            head, tail = plain[:start], plain[other_end:]
            first, second = plain[start : joint.start()], plain[joint.end() : other_end]
            return (head + _joined(first, tail), category), (head + second + tail, other)
    return None


def _joined(thing: str, tail: str) -> str:
    """Join without saying twice what the first thing already ends with."""
    same = next((n for n in range(len(tail), 0, -1) if thing.endswith(tail[:n])), 0)
    return thing + tail[same:]


def _person(plain: str, rules: NeedRules) -> Named | None:
    """Whoever the clause names first."""
    bare = rules.patterns["not_people"].sub(lambda match: "\0" * len(match.group()), plain)
    if meant := rules.patterns["for"].search(bare):
        return Named(meant.group(1), rules.people[meant.group(1)])
    own, other = rules.patterns["own"].search(bare), rules.patterns["people"].search(bare)
    if own and (other is None or own.end() < other.start()):
        return Named(own.group(), SELF)
    return Named(other.group(), rules.people[other.group()]) if other else None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return max(pattern.finditer(text), key=lambda match: match.end(), default=None)


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
