"""The needs that a request tells of: one ticket each, linked with each other.

One hardship with its reasons and consequences is one need. It becomes several only where the words for it
outweigh those against it (weights in data/needs.yml); in doubt it stays one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tickets.clauses import Clause, Named, NeedRules, clauses_of, need_rules
from tickets.hearing import SELF
from tickets.model import Category
from tickets.triage import triage


@dataclass(frozen=True)
class Need:
    """One matter within a request: what kind of help, and the citizen's words about it.

    `about`: the relation (as in `Ticket.relation`) of the person who needs it, None where it is not told.
    """

    category: Category
    words: str
    about: str | None = None


@dataclass(frozen=True)
class _Matter:
    """The clauses that tell of one category, in order; some of them only lead up to it.

    `reasons`: clauses about other categories that make no need of their own.
    """

    category: Category
    clauses: tuple[Clause, ...]
    reasons: tuple[Clause, ...] = ()

    @property
    def telling(self) -> tuple[Clause, ...]:
        return tuple(clause for clause in self.clauses if clause.category)

    @property
    def asked(self) -> bool:
        return any(clause.asked for clause in self.clauses)

    @property
    def plight(self) -> bool:
        return any(clause.plight for clause in self.clauses)

    @property
    def applied(self) -> bool:
        return any(clause.applied for clause in self.clauses)

    @property
    def person(self) -> Named | None:
        """Whom it names: the clauses that tell of the matter go first."""
        named = (clause.person for clause in (*self.telling, *self.clauses) if clause.person)
        return next((person for person in named if person.relation), None)

    @property
    def about(self) -> str | None:
        return self.person.relation if self.person else None

    @property
    def named(self) -> str | None:
        return self.person.word if self.person else None

    def encloses(self, other: "_Matter") -> bool:
        return self.telling[0].order < other.telling[0].order < self.telling[-1].order


def needs_of(told: str) -> tuple[Need, ...]:
    """Give every need that a citizen's words tell of, the first told first; always at least one.

    Args:
        told: her messages, joined by line breaks.
    """
    rules = need_rules()
    if rules.patterns["compares"].search(told):
        return (Need(triage(told).category, told),)
    clauses = clauses_of(told)
    announced = bool(rules.patterns["announced"].search(told))
    matters = _apart(_matters(clauses), announced, rules)
    if len(matters) < 2:
        return (Need(triage(told).category, told),)
    return tuple(_need(matter, clauses, rules) for matter in matters[: rules.words["at_most"]])


def _matters(clauses: Sequence[Clause]) -> list[_Matter]:
    """Gather the clauses by category, those without one with what they lead up to or continue."""
    groups: dict[Category, list[Clause]] = {}
    leading: list[Clause] = []
    current: Category | None = None
    for clause in clauses:
        if clause.category:
            groups.setdefault(clause.category, []).extend((*leading, clause))
            leading, current = [], clause.category
        elif current is None or leading or clause.marked or _of_another(clause, groups[current]):
            leading.append(clause)
        else:
            groups[current].append(clause)
    if current:
        groups[current].extend(leading)
    return [_Matter(category, tuple(group)) for category, group in groups.items()]


def _of_another(clause: Clause, group: Sequence[Clause]) -> bool:
    """Whether the clause turns to somebody whom the group does not name."""
    known = {said.person.relation for said in group if said.person}
    return clause.person is not None and clause.person.relation not in known


def _apart(matters: Sequence[_Matter], announced: bool, rules: NeedRules) -> list[_Matter]:
    """Keep the main matter and those that weigh enough beside it, in the order told."""
    main = next((m for m in matters if m.asked), None) or next((m for m in matters if m.plight), None)
    if main is None:
        return []
    apart, reasons = [], []
    for position, matter in enumerate(matters):
        if matter is main or (
            (matter.asked or matter.plight)
            and (_weight(matter, main, matters[position + 1 :], announced, rules) >= rules.words["enough"])
        ):
            apart.append(matter)
        else:
            reasons.extend(matter.clauses)
    return [replace(matter, reasons=tuple(reasons)) if matter is main else matter for matter in apart]


def _weight(
    matter: _Matter, main: _Matter, behind: Sequence[_Matter], announced: bool, rules: NeedRules
) -> float:
    """Add up what speaks for a matter of its own beside the main one."""
    later = matter if main not in behind else behind[0]
    earlier = main if later is matter else matter
    opening = _opening(later)
    marked = any(clause.marked for clause in opening)
    another = _about_another(later, earlier, rules)
    also = any(clause.also for clause in later.clauses)
    plight = matter.plight and not matter.asked
    applied_for = main.applied and not matter.asked
    reason = main in behind or not another
    follows = (earlier.category, later.category) in rules.follows
    complaint = Category.COMPLAINT in (matter.category, main.category)
    apart = (another and later.asked) or (matter.applied and main.applied and not complaint)
    holds = {
        "asked": matter.asked,
        "plight": plight,
        "marked": marked,
        "also": also,
        "another_person": another,
        "announced": announced,
        "reason_for_relief": applied_for and not marked and main.category in rules.relief,
        "beside_an_application": applied_for and reason and main.category not in rules.no_reasons,
        "unrelated": plight and not main.applied and not follows,
        "follows": follows and not apart and not marked and not (another and also),
        "because": not apart and not marked and any(clause.because for clause in (*matter.clauses, *opening)),
        "enclosed": main.encloses(matter),
        "later_message": matter.telling[0].message > main.telling[0].message and not marked,
        "doubted": _doubted(matter, rules),
    }
    return sum(rules.weights[name] for name, held in holds.items() if held)


def _about_another(later: _Matter, earlier: _Matter, rules: NeedRules) -> bool:
    """Whether the later matter names somebody else; an earlier one that names nobody is the caller's."""
    if later.about is None:
        return False
    if later.about != (earlier.about or SELF):
        return True
    one, other = later.named or "", earlier.named or ""
    return later.about in rules.words["shared_relations"] and one not in other and other not in one


def _opening(matter: _Matter) -> tuple[Clause, ...]:
    """The clauses up to the first that tells of the matter."""
    return tuple(clause for clause in matter.clauses if clause.order <= matter.telling[0].order)


def _doubted(matter: _Matter, rules: NeedRules) -> bool:
    judged = triage("".join(clause.text for clause in matter.clauses))
    return judged.category is not matter.category and judged.confidence >= rules.words["doubted_from"]


def _need(matter: _Matter, clauses: Sequence[Clause], rules: NeedRules) -> Need:
    """Put the words of a matter together so that they can be read alone."""
    told = [
        clause
        for clause in sorted((*matter.clauses, *matter.reasons), key=lambda clause: clause.order)
        if clause.category or not rules.patterns["empty"].search(clause.text)
    ]
    texts = [rules.patterns["leading"].sub("", clause.text) for clause in told]
    said = rules.words["joined"].join(text for text in texts if text)
    speaker = any(clause.speaker for clause in told)
    someone = any(clause.person for clause in told) or rules.patterns["someone"].search(said)
    if someone or matter.category in rules.of_the_house:
        return Need(matter.category, said, matter.about or (SELF if speaker else None))
    before = [clause.person for clause in clauses if clause.person and clause.order < told[0].order]
    if not before:
        return Need(matter.category, said)
    return Need(
        matter.category,
        rules.words["carried"].format(person=before[-1].word, words=said),
        before[-1].relation,
    )
