"""Rows of a table of limits: what each is for, and which of them is the most specific."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tickets.errors import BadRequest
from tickets.model import Category, Urgency
from tickets.periods import MEASURES, Limit, read_limit

Files = Sequence[tuple[Path, dict[str, Any]]]
"""Paths with what was read from them, the national file first."""

DISPATCH, SIGN, FOLLOW_UP, ARCHIVE = "dispatch", "sign", "follow_up", "archive"
STAGES = (DISPATCH, SIGN, FOLLOW_UP, ARCHIVE)

PROMISES, STAGE_LIMITS, EXTENSIONS = "limits", "stages", "extensions"

_KEYS = {"category", "urgency", "region", "source", *MEASURES}


@dataclass(frozen=True)
class Rule:
    """A limit and what it is for; None and the empty region mean any. Only rows of stages have a `stage`.

    `region` is the beginning of an administrative code (GB/T 2260): "43" a province, "4305" a city,
    "430524" a county.
    """

    limit: Limit
    region: str = ""
    category: Category | None = None
    urgency: Urgency | None = None
    stage: str = ""

    @property
    def key(self) -> tuple[str, str, Category | None, Urgency | None]:
        """What no second rule may be for."""
        return self.stage, self.region, self.category, self.urgency

    def fits(self, stage: str, category: Category | None, urgency: Urgency | None, adcode: str) -> bool:
        """Say whether the rule holds for this matter; None and "" stand for one that is not known."""
        return (
            self.stage == stage
            and adcode.startswith(self.region)
            and self.category in (None, category)
            and self.urgency in (None, urgency)
        )


class RuleTable:
    """Rules of one kind; the most specific wins: the longer region, then the category, then the urgency."""

    def __init__(self, name: str, rules: Iterable[Rule]) -> None:
        self._name = name
        self._rules = sorted(
            rules,
            key=lambda rule: (len(rule.region), rule.category is not None, rule.urgency is not None),
            reverse=True,
        )

    def find(
        self, category: Category | None, urgency: Urgency | None, adcode: str | None, stage: str = ""
    ) -> Limit:
        """Give the limit of the most specific rule."""
        found = self._find(category, urgency, adcode or "", stage)
        if found is None:
            raise BadRequest(
                f"{self._name}: no rule for {stage} {category} {urgency} in {adcode or 'any region'}"
            )
        return found

    def require(self, stages: Sequence[str], urgencies: Sequence[Urgency | None]) -> None:
        """Refuse a table with gaps: each stage needs a rule for every category and region."""
        for stage in stages:
            missing = [str(urgency) for urgency in urgencies if self._find(None, urgency, "", stage) is None]
            if missing:
                wanted = f"{stage} {', '.join(missing)}".strip()
                raise BadRequest(f"{self._name}: no general limit for {wanted}; add one")

    def _find(
        self, category: Category | None, urgency: Urgency | None, adcode: str, stage: str
    ) -> Limit | None:
        fitting = (rule.limit for rule in self._rules if rule.fits(stage, category, urgency, adcode))
        return next(fitting, None)


def read_rules(table: str, files: Files) -> list[Rule]:
    """Read one table from all files; only rows of the national one may leave the region out.

    Raises:
        BadRequest: naming the file, the table and the row.
    """
    rules: dict[tuple[Any, ...], Rule] = {}
    for path, data in files:
        for row in data.get(table) or []:
            try:
                rule = _rule(row, table)
                if not rule.region and path is not files[0][0]:
                    raise ValueError("a row of a regional file needs a region")
                if rule.key in rules:
                    raise ValueError("a second row for the same region, category and urgency")
            except (KeyError, TypeError, ValueError) as error:
                raise BadRequest(f"{path}, {table}: {error} in row {row}") from error
            rules[rule.key] = rule
    return list(rules.values())


def _rule(row: dict[str, Any], table: str) -> Rule:
    region = read_region(row)
    unknown = set(row) - (_KEYS | {"stage"} if table == STAGE_LIMITS else _KEYS)
    if unknown:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}")
    if not row.get("source"):
        raise ValueError("a limit names its source")
    if table != EXTENSIONS and "urgency" not in row:
        raise ValueError(
            "a limit names its urgency, so that no region slows an urgent matter down by accident"
        )
    stage = row.get("stage", "")
    if table == STAGE_LIMITS and stage not in STAGES:
        raise ValueError(f"stage must be one of {', '.join(STAGES)}")
    return Rule(
        read_limit(row, row["source"]),
        region,
        Category(row["category"]) if "category" in row else None,
        Urgency(row["urgency"]) if "urgency" in row else None,
        stage,
    )


def read_region(row: dict[str, Any]) -> str:
    """Read the beginning of a code, empty without one; "430500" means the whole city, as "4305" does.

    Raises:
        ValueError: it is no code of 2, 4 or 6 digits.
    """
    if not isinstance(row, dict):
        raise ValueError("a row is a mapping of fields")
    code = str(row.get("region", ""))
    if code and not (
        code.isascii() and code.isdigit() and len(code) in (2, 4, 6) and not code.startswith("0")
    ):
        raise ValueError(f"region {code!r} is no administrative code: give 2, 4 or 6 digits")
    while code.endswith("00"):
        code = code[:-2]
    return code
