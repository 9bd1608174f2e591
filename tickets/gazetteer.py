"""The official place names of China down to the township, from the dictionary that jionlp carries.

The dictionary file is read from the installed package without importing it: the import takes a second,
prints to stdout and unpacks files. About 46,700 names; read once, on first use. data/places.yml corrects it
where it is behind and adds the names that places had before.
"""

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from tickets.errors import Unavailable

PLACES_FILE = Path(__file__).parent / "data" / "places.yml"

PROVINCE, CITY, COUNTY, TOWNSHIP = range(4)

_ARCHIVE = "dictionary/china_location.zip"
_MEMBER = "china_location.txt"
_CHANGES = "dictionary/china_location_change.txt"
# A township's name this short has no ending (永兴 in 三沙市): said alone, it is the county of that name.
_SHORTEST = 2
# Stand-ins in the dictionary for a level that does not exist there.
_NO_CITY = "省直辖行政区划"
_NO_COUNTY = "市直辖行政区划"


@dataclass(frozen=True)
class Place:
    """An administrative place: the official names from the province down to itself.

    `adcode` is its own GB/T 2260 code, or its county's for a township; empty where the dictionary has none.
    """

    path: tuple[str, ...]
    adcode: str
    aliases: tuple[str, ...] = ()

    @property
    def level(self) -> int:
        """0 province, 1 city, 2 county, 3 township."""
        return len(self.path) - 1

    @property
    def name(self) -> str:
        """Its own official name."""
        return self.path[-1]

    @property
    def title(self) -> str:
        """Its names in order, without levels that do not exist there; a municipality is named once."""
        return _title(self.path)

    def is_within(self, other: "Place") -> bool:
        """Say whether this place lies in the other one, or is it."""
        return self.path[: len(other.path)] == other.path


@dataclass(frozen=True)
class Gazetteer:
    """Places by full name, by short name, by title (down to the county), and townships by the place above."""

    by_name: dict[str, tuple[Place, ...]]
    by_alias: dict[str, tuple[Place, ...]]
    by_title: dict[str, Place]
    townships: dict[tuple[str, ...], tuple[Place, ...]]
    longest: int


@cache
def load_gazetteer() -> Gazetteer:
    """Read the dictionary into indexes.

    Raises:
        Unavailable: the jionlp package or its dictionary is not installed.
        KeyError: data/places.yml speaks of a place that is not in the dictionary.
    """
    folder = _package_folder()
    changed = yaml.safe_load(PLACES_FILE.read_text(encoding="utf-8"))
    by_name: dict[str, list[Place]] = defaultdict(list)
    by_alias: dict[str, list[Place]] = defaultdict(list)
    by_path: dict[tuple[str, ...], Place] = {}
    townships: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    added = (Place(tuple(item["path"]), item["adcode"]) for item in changed["added"])
    for place in chain(_places(folder / _ARCHIVE, changed["corrections"]), added):
        by_path[place.path] = place
        if len(place.name) > _SHORTEST or place.level < TOWNSHIP:
            by_name[place.name].append(place)
        for alias in place.aliases:
            by_alias[alias].append(place)
        if place.level == TOWNSHIP:
            townships[place.path[:3]].append(place)
            townships[place.path[:2]].append(place)
    for old_name, path in _renamed(folder / _CHANGES):
        if path in by_path and old_name not in by_name and old_name not in by_alias:
            by_name[old_name].append(by_path[path])
    by_title = {place.title: place for place in by_path.values() if place.level < TOWNSHIP}
    for item in changed["former"]:
        for old_name in item["was"]:
            index = by_alias if old_name == item["was"][0][:-1] else by_name
            if by_title[item["now"]] not in index[old_name]:
                index[old_name].append(by_title[item["now"]])
    longest = max(map(len, [*by_name, *by_alias]))
    return Gazetteer(_frozen(by_name), _frozen(by_alias), by_title, _frozen(townships), longest)


def _package_folder() -> Path:
    spec = find_spec("jionlp")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable("place names are missing: install the jionlp package")
    return Path(next(iter(spec.submodule_search_locations)))


def _places(archive: Path, corrections: dict[str, dict[str, Any]]) -> Iterator[Place]:
    """Walk the dictionary: one name per line, indented by level, villages (level 4) left out.

    Raises:
        KeyError: one of the corrections speaks of a place that is not there.
    """
    open_ = dict(corrections)
    path: list[str] = []
    codes: list[str] = []
    with zipfile.ZipFile(archive) as bundle, bundle.open(_MEMBER) as raw:
        for line in io.TextIOWrapper(raw, encoding="utf-8"):
            if line.startswith("\t\t\t\t"):
                continue
            name, code, aliases, level = _fields(line)
            if level < TOWNSHIP and (correction := open_.pop(_title((*path[:level], name)), None)):
                name, code = correction.get("name", name), correction["adcode"]
            path[level:] = [name]
            codes[level:] = [code or (codes[level - 1] if level == TOWNSHIP else "")]
            if name not in (_NO_CITY, _NO_COUNTY):
                yield Place(tuple(path), codes[level], aliases)
    if open_:
        raise KeyError(f"data/places.yml corrects places that the dictionary lacks: {', '.join(open_)}")


def _title(path: tuple[str, ...]) -> str:
    return "".join(dict.fromkeys(name for name in path if name not in (_NO_CITY, _NO_COUNTY)))


def _fields(line: str) -> tuple[str, str, tuple[str, ...], int]:
    """Split a line into name, code, short names and level."""
    bare = line.strip()
    name, code, alias, *_ = [*bare.split("\t"), "", ""]
    aliases = [short for short in alias.split("/") if short and short != name]
    if name.endswith("自治县") and aliases:
        aliases.append(aliases[0] + "县")
    return name, code, tuple(aliases), len(line.rstrip()) - len(bare)


def _renamed(changes: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give former names, full and short, with the path of what they are now.

    A line reads: date, authority, (full, short) of province, city and perhaps county => the present path.
    """
    for line in changes.read_text(encoding="utf-8").splitlines():
        old, _, new = line.partition("=>")
        for former in old.split("\t")[-2:]:
            yield former, tuple(part for part in new.strip().split("\t") if part)


def _frozen(index: dict[Any, list[Place]]) -> dict[Any, tuple[Place, ...]]:
    return {key: tuple(places) for key, places in index.items()}
