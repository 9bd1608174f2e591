"""Export profiles: which columns a receiver gets, under which headings and codes. One YAML file each.

A column is one row of the file: `field` or `constant`, `header`, and where they are wanted `code` (a table in
codes/), `personal` (reveal or mask) and `name` (the key in jsonl). The folder of an office may hold profiles
and codes/ of its own; one with the name of a shipped one takes its place.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tickets.errors import BadRequest
from tickets.model import Category, Status, Urgency
from tickets.record import field_names

FOLDER = Path(__file__).parent
OWN_PROFILES, CODES = "profiles", "codes"

_KEYS = {"field", "constant", "header", "code", "personal", "name"}
_CLOSED: dict[str, tuple[str, ...]] = {
    "category": tuple(Category),
    "urgency": tuple(Urgency),
    "status": tuple(Status),
    "anonymous": ("true", "false"),
}


@dataclass(frozen=True)
class CodeTable:
    """The receiver's codes for values of a field.

    Attributes:
        other: the code of every value that is not listed; None only where all possible values are.
        checked: against which text and when, or `unchecked`.
    """

    name: str
    codes: dict[str, str]
    other: str | None
    checked: str

    def code_of(self, value: Any) -> str | None:
        """Give the code of a field's value; None for none."""
        if value is None:
            return None
        return self.codes.get(_key(value), self.other)


@dataclass(frozen=True)
class Column:
    """One column. `reveals`: in full when the export is made with a reason; otherwise always masked.

    Either `field` or `constant` is set. `name`: its key in jsonl, dots nest.
    """

    field: str | None
    header: str
    reveals: bool = False
    code: CodeTable | None = None
    constant: str | None = None
    name: str = ""


@dataclass(frozen=True)
class Profile:
    """A named set of columns, in order."""

    name: str
    columns: tuple[Column, ...]
    title: str = ""


def profile_names(own: Path | None = None) -> list[str]:
    """Name the profiles that come with the project, and those in the office's folder `own`."""
    folders = [FOLDER, *([own] if own else [])]
    return sorted({path.stem for folder in folders for path in folder.glob("*.yml")})


def named_profile(name: str, own: Path | None = None) -> Profile:
    """Read a profile by its name alone: what callers over the network may ask for.

    Raises:
        BadRequest: no such profile, or it is not valid.
    """
    if name not in profile_names(own):
        raise BadRequest(f"no export profile {name!r}; there are {', '.join(profile_names(own))}")
    return _read(_first(f"{name}.yml", own), own)


def load_profile(name: str, own: Path | None = None) -> Profile:
    """Read a profile by its name, or from a .yml file of one's own.

    Args:
        own: the folder of the office's own profiles and codes; beside a .yml file its own codes/ counts.
    Raises:
        BadRequest: no such profile, or it is not valid; file, row and field are named.
    """
    path = Path(name)
    if path.suffix in (".yml", ".yaml"):
        return _read(path, path.parent, own)
    if name not in profile_names(own):
        raise BadRequest(
            f"no export profile {name!r}; there are {', '.join(profile_names(own))}, or give a .yml file"
        )
    return named_profile(name, own)


def _read(path: Path, *own: Path | None) -> Profile:
    data = _yaml(path, "profile")
    rows = data.get("columns")
    if not isinstance(rows, list) or not rows:
        raise BadRequest(f"profile {path} is not valid: it needs `columns`, a list with a row for each")
    columns = []
    for number, row in enumerate(rows, start=1):
        try:
            columns.append(_column(row, own))
        except ValueError as error:
            raise BadRequest(f"profile {path} is not valid: row {number}: {error}") from error
    for kind in ("header", "name"):
        twice = [one for one, times in Counter(getattr(each, kind) for each in columns).items() if times > 1]
        if twice:
            raise BadRequest(f"profile {path} is not valid: two rows have the {kind} {twice[0]!r}")
    return Profile(path.stem, tuple(columns), str(data.get("title") or path.stem))


def _column(row: Any, own: tuple[Path | None, ...]) -> Column:
    if not isinstance(row, dict):
        raise ValueError(f"{row!r} is no column; write {{field: …, header: …}}")
    field, constant, table = row.get("field"), row.get("constant"), row.get("code")
    label = field or row.get("header") or row.get("name")
    if unknown := set(row) - _KEYS:
        raise ValueError(
            f"{label}: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(_KEYS))}"
        )
    if not row.get("header"):
        raise ValueError(f"{label}: it has no header")
    if (field is None) is (constant is None):
        raise ValueError(f"{label}: give either field or constant")
    if field is not None and field not in field_names():
        raise ValueError(f"tickets have no field {field!r}; there are {', '.join(field_names())}")
    if constant is not None and not row.get("name"):
        raise ValueError(f"{label}: a constant needs a name, its key in jsonl")
    personal = row.get("personal", "mask")
    if personal not in ("reveal", "mask"):
        raise ValueError(f"{label}: personal: {personal!r} is unknown, expected reveal or mask")
    codes = _codes(str(table), str(field), own) if table is not None else None
    name = row.get("name") or (f"{field}_code" if codes else field)
    told = None if constant is None else str(constant)
    return Column(field, str(row["header"]), personal == "reveal", codes, told, str(name))


def _codes(name: str, field: str, own: tuple[Path | None, ...]) -> CodeTable:
    path = _first(f"{CODES}/{name}.yml", *own)
    if Path(name).name != name or not path.exists():
        there = sorted({each.stem for one in (*own, FOLDER) if one for each in one.glob(f"{CODES}/*.yml")})
        raise ValueError(f"{field}: no code table {name!r}; there are {', '.join(there)}")
    data = _yaml(path, "code table")
    codes, other = data.get("codes"), data.get("other")
    if not isinstance(codes, dict) or not codes:
        raise ValueError(f"{field}: code table {path} needs `codes`: value: code")
    if unquoted := [str(code) for code in (*codes.values(), other) if not isinstance(code, str | None)]:
        raise ValueError(f"{field}: code table {path}: put codes in quotes: {', '.join(unquoted)}")
    table = CodeTable(
        name,
        {_key(value): code for value, code in codes.items()},
        other,
        str(data.get("checked", "unchecked")),
    )
    left_out = [value for value in _CLOSED.get(field, ()) if str(value) not in table.codes]
    if other is None and (left_out or field not in _CLOSED):
        raise ValueError(
            f"{field}: code table {path} has no code for {', '.join(left_out) or 'unlisted values'}, "
            "and no `other`"
        )
    return table


def _key(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _first(name: str, *folders: Path | None) -> Path:
    """Give the file in the first folder that has it, the project's own coming last."""
    for folder in folders:
        if folder and (folder / name).exists():
            return folder / name
    return FOLDER / name


def _yaml(path: Path, kind: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{kind} {path} cannot be read: {getattr(error, 'strerror', error)}") from error
    except yaml.YAMLError as error:
        raise BadRequest(f"{kind} {path} is not valid: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise BadRequest(f"{kind} {path} is not valid: it is no table of names and values")
    return data
