"""Export profiles: which columns a receiver gets, under which headings. One YAML file each."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from tickets.errors import BadRequest
from tickets.record import field_names

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Column:
    """One column. `reveals`: in full when the export is made with a reason; otherwise always masked."""

    field: str
    header: str
    reveals: bool = False


@dataclass(frozen=True)
class Profile:
    """A named set of columns, in order."""

    name: str
    columns: tuple[Column, ...]


def profile_names() -> list[str]:
    """Name the profiles that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


def load_profile(name: str) -> Profile:
    """Read a profile by its name, or from a .yml file of one's own.

    Raises:
        BadRequest: no such profile, or it names a field that tickets do not have.
    """
    own = Path(name)
    if own.suffix in (".yml", ".yaml"):
        path = own
    elif name in profile_names():
        path = FOLDER / f"{name}.yml"
    else:
        raise BadRequest(
            f"no export profile {name!r}; there are {', '.join(profile_names())}, or give a .yml file"
        )
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        columns = tuple(_column(row) for row in data["columns"])
    except OSError as error:
        raise BadRequest(f"profile {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadRequest(f"profile {path} is not valid: {error}") from error
    return Profile(path.stem, columns)


def _column(row: dict[str, str]) -> Column:
    personal = row.get("personal")
    if personal not in (None, "reveal"):
        raise ValueError(f"personal: {personal!r} of {row['field']} is unknown, expected reveal")
    if row["field"] not in field_names():
        raise ValueError(f"tickets have no field {row['field']!r}; there are {', '.join(field_names())}")
    return Column(row["field"], row["header"], personal == "reveal")
