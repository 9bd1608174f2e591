"""Canned replies (常用语): loaded from YAML, found by words, by letters of pinyin initials, or by situation.

The shipped ones are data/canned.zh.yml; an office adds its own, or rewords ours under the same id, in a
canned.yml of its data folder.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pypinyin import Style, lazy_pinyin

from api.suggestions.errors import BadCanned
from knowledge.normalisation import searchable

SHIPPED_CANNED = Path(__file__).parent / "data" / "canned.zh.yml"
OWN_CANNED = "canned.yml"
MAX_TITLE, MAX_TEXT = 40, 500


@dataclass(frozen=True)
class Canned:
    """One reply in our own words; `group` and `title` are what an agent looks for it by."""

    id: str
    group: str
    title: str
    text: str

    @property
    def source(self) -> str:
        return f"canned:{self.id}"

    @cached_property
    def initials(self) -> str:
        """First letters of the title's syllables: 请稍等 → qsd."""
        return initials_of(self.title)

    @cached_property
    def group_initials(self) -> str:
        return initials_of(self.group)


def initials_of(text: str) -> str:
    """First letters of the syllables, Latin letters and digits as they are, everything else left out."""
    letters = "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors=lambda other: other))
    return "".join(letter for letter in letters.lower() if letter.isascii() and letter.isalnum())


@dataclass(frozen=True)
class Situation:
    """Words of a citizen after which some replies come first."""

    when: re.Pattern[str]
    replies: tuple[str, ...]


class CannedReplies:
    """All canned replies, in the order of their files.

    `situations` are looked through in order; `by_outcome` gives what to offer when no article answers;
    `outside` what to say to matters of other offices, by whose they are.
    """

    def __init__(self, replies: Iterable[Canned], data: Mapping[str, Any]) -> None:
        self._by_id = {each.id: each for each in replies}
        self.situations = [Situation(re.compile(s["when"]), tuple(s["replies"])) for s in data["situations"]]
        self.by_outcome: Mapping[str, list[str]] = data["by_outcome"]
        self.outside: Mapping[str, str] = data["outside"]
        self.which_of: str = data["which_of"]
        danger = data["danger"]
        self.danger_title: str = danger["title"]
        self._said_by_bot = re.compile(danger["said_by_bot"])
        self._said_by_agent: str = danger["said_by_agent"]
        named = [
            *(name for s in self.situations for name in s.replies),
            *(name for names in self.by_outcome.values() for name in names),
            *self.outside.values(),
        ]
        if unknown := sorted(set(named) - self._by_id.keys()):
            raise BadCanned(f"canned replies name what there is none of: {', '.join(unknown)}")

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self):
        return iter(self._by_id.values())

    def __getitem__(self, reply_id: str) -> Canned:
        return self._by_id[reply_id]

    def of_situation(self, text: str) -> list[Canned]:
        """What fits the citizen's words, of the first situation that they show; [] if none."""
        plain = searchable(text)
        found = next((s.replies for s in self.situations if s.when.search(plain)), ())
        return [self._by_id[name] for name in found]

    def of_outcome(self, outcome: str) -> list[Canned]:
        return [self._by_id[name] for name in self.by_outcome.get(outcome, ())]

    def said_by_agent(self, danger_reply: str) -> str:
        """The sentence for a danger as a person says it who is here already."""
        return self._said_by_bot.sub(self._said_by_agent, danger_reply)

    def find(self, wanted: str) -> list[Canned]:
        """Replies for what an agent typed, the nearest first; all of them for nothing.

        Initials at the start of a title come before initials within it; then titles and groups, then texts.
        """
        query = searchable(wanted).strip().lstrip("/").strip().lower()
        if not query:
            return list(self)
        ranked = [(rank, each) for each in self if (rank := _match(each, query)) is not None]
        return [each for _, each in sorted(ranked, key=lambda pair: pair[0])]


def _match(reply: Canned, query: str) -> int | None:
    """How near a reply is to what was typed, 0 the nearest; None: not at all."""
    tests = (
        reply.initials.startswith(query),
        reply.title.lower().startswith(query),
        query in reply.initials,
        query in reply.title.lower(),
        reply.group_initials.startswith(query),
        query in reply.group.lower(),
        query in reply.text.lower(),
    )
    return next((rank for rank, fits in enumerate(tests) if fits), None)


def load_canned(own: Path | None = None) -> CannedReplies:
    """The shipped replies, with those of an office's own file if there is one.

    Raises:
        BadCanned: a file is not YAML, or not groups of replies with id, title and text.
    """
    data = _read(SHIPPED_CANNED)
    replies = {each.id: each for each in _replies(data, SHIPPED_CANNED)}
    if own is not None and own.is_file():
        replies |= {each.id: each for each in _replies(_read(own), own)}
    return CannedReplies(replies.values(), data)


def _read(path: Path) -> Any:
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadCanned(f"{path.name}: not YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("groups"), list):
        raise BadCanned(f"{path.name}: expected a list under the key 'groups'")
    return data


def _replies(data: Any, path: Path) -> list[Canned]:
    found: dict[str, Canned] = {}
    for group in data["groups"]:
        try:
            title, replies = group["title"], group["replies"]
            several = [Canned(row["id"], title, row["title"], row["text"].strip()) for row in replies]
        except (KeyError, TypeError, AttributeError) as error:
            raise BadCanned(
                f"{path.name}: a group needs title and replies, each with id, title, text"
            ) from error
        for each in several:
            if each.id in found:
                raise BadCanned(f"{path.name}: {each.id} stands twice")
            if not each.text or len(each.text) > MAX_TEXT or not 0 < len(each.title) <= MAX_TITLE:
                raise BadCanned(f"{path.name}, {each.id}: title 1-{MAX_TITLE}, text 1-{MAX_TEXT} characters")
            found[each.id] = each
    return list(found.values())
