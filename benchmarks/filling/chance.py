"""What is invented, drawn from one generator of chance: when people come, who they are, where they live."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from tickets.gazetteer import COUNTY, Place, load_gazetteer
from tickets.model import Area, Category, Person
from tickets.numbering import BEIJING

WORDS_FILE = Path(__file__).parent.parent / "data" / "filled_hotline.zh.yml"
COUNTIES = 60
USUAL_WEIGHT = 2
# Calls an hour of a working day, from midnight: nights are quiet, mornings and early afternoons are not.
BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 10, 26, 34, 32, 24, 14, 16, 26, 28, 24, 16, 9, 8, 7, 5, 3, 2)
WEEKEND = 0.45


@dataclass(frozen=True)
class Chance:
    """Draws of one `seed`: the same hotline every time it is filled up to the same instant."""

    random: random.Random
    words: dict[str, Any]
    places: tuple[Place, ...]

    def of(self, *path: str) -> Any:
        """One of the list at this path of the words."""
        found: Any = self.words
        for part in path:
            found = found[part]
        return self.random.choice(found)

    def minutes(self, mean: float) -> timedelta:
        """A waiting time, most of them short."""
        return timedelta(minutes=self.random.expovariate(1 / mean))

    def happens(self, share: float) -> bool:
        return self.random.random() < share

    def category(self) -> Category:
        weights = [self.words["weights"].get(one.value, USUAL_WEIGHT) for one in Category]
        return self.random.choices(list(Category), weights)[0]

    def person(self) -> Person:
        name = self.of("surnames") + self.of("given")
        born, rest = self.random.randint(1940, 2005), self.random.randint(0, 9999)
        number = f"430524{born}0312{rest:04d}"
        phone = f"138{self.random.randint(0, 10**8 - 1):08d}"
        return Person(name, phone, number if self.happens(0.3) else None)

    def area(self) -> Area:
        """Mostly a county of Hunan, some more often than others; a few elsewhere, a few unknown."""
        if self.happens(0.04):
            return Area()
        if self.happens(0.04):
            return area_of(self.random.choice([one for one in _counties() if one.adcode[:2] != "43"]))
        weights = [1 / (rank + 6) for rank in range(len(self.places))]
        return self.within(self.random.choices(self.places, weights)[0])

    def within(self, county: Place) -> Area:
        townships = load_gazetteer().townships.get(county.path, ())
        known = townships and self.happens(0.8)
        area = area_of(self.random.choice(townships) if known else county)
        return replace(area, detail=f"{self.random.randint(1, 30)}组{self.random.randint(1, 90)}号")

    def instants(self, count: int, since: datetime, until: datetime) -> list[datetime]:
        """So many instants between two, by the hours of the day and the days of the week, in order."""
        found: list[datetime] = []
        seconds = (until - since).total_seconds()
        while len(found) < count:
            at = since + timedelta(seconds=self.random.uniform(0, seconds))
            local = at.astimezone(BEIJING)
            share = BY_HOUR[local.hour] / max(BY_HOUR) * (WEEKEND if local.weekday() > 4 else 1)
            if self.happens(share):
                found.append(at)
        return sorted(found)


def chance_of(seed: int) -> Chance:
    words = yaml.safe_load(WORDS_FILE.read_text("utf-8"))
    draws = random.Random(seed)
    home = [place for place in _counties() if place.adcode[:2] == "43"]
    draws.shuffle(home)
    return Chance(draws, words, tuple(home[:COUNTIES]))


def area_of(place: Place) -> Area:
    return Area(*(*place.path, None, None, None)[:4], adcode=place.adcode)


def named(title: str) -> Place:
    return load_gazetteer().by_title[title]


def morning_of(now: datetime) -> datetime:
    """The beginning of this day in Beijing."""
    return datetime.combine(now.astimezone(BEIJING).date(), time(), BEIJING)


def _counties() -> list[Place]:
    all_places = load_gazetteer().by_title.values()
    return [place for place in all_places if place.level == COUNTY and place.adcode[4:] != "00"]
