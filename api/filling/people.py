"""Who calls and whom it is about, where nobody asked for it: names without 我叫, kin by their local names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import tickets.hearing
from tickets.hearing import SELF, Heard, tells_a_matter, understand, words
from tickets.intake import CONTACT, OTHER, Draft

_CLAUSES = re.compile(r"[，,。.；;！!？?、\n]|\s{1,}")
_NOT_ME = re.compile(r"不是我(?!说)[^，,。]{0,6}[，,。].{0,3}是我")
_AT_HOME = re.compile(r"我(?:屋里|家里|家)的?")
_GREETS = ("你", "您", "，", ",")
_NAME_CHARS = re.compile(r"[一-鿿]{2,4}")


@cache
def listening_words() -> Mapping[str, Any]:
    """The word lists of data/listening.yml."""
    return yaml.safe_load((Path(__file__).parent / "data" / "listening.yml").read_text("utf-8"))


def told_of_people(text: str, told: Heard) -> Heard:
    """What a text tells, without taking for the person in need a relative at whose place somebody stays, and
    without hearing “not for myself” as “for myself”."""
    listed = listening_words()
    kin = _either(_kin())
    plain = re.sub(rf"(?:在|住|到)我?(?:{kin})(?:{_either(listed['stays_with'])})", "在那里", text)
    plain = re.sub(rf"我?(?:{_either(listed['not_for_me'])})", "", plain)
    if plain == text:
        return told
    anew = understand(plain, None, lambda _: None)
    return replace(told, relation=anew.relation, for_whom=anew.for_whom)


def clauses_of(text: str) -> list[str]:
    """The clauses of a text, without their marks."""
    return [part.strip() for part in _CLAUSES.split(text) if part and part.strip()]


def with_people(before: Draft, after: Draft, text: str, told: Heard) -> tuple[Draft, set[str]]:
    """Take in what a text says of people beside what tickets.hearing found.

    Args:
        before, after: the draft before and after the text was heard.
    Returns:
        the draft, and the fields that were heard without being introduced.
    """
    after = _about_whom(before, after, text, told)
    guessed: set[str] = set()
    if after.other_name is None and after.relation not in (None, SELF) and (titled := _titled(text)):
        after = replace(after, other_name=titled)
        guessed.add("other_name")
    for clause in clauses_of(text):
        kin, name = _other_named(clause)
        if name:
            if before.other_name is None and name != after.own_name:
                known = after.relation not in (None, SELF, OTHER)
                after = replace(after, other_name=name, relation=after.relation if known else kin)
        elif after.own_name is None and (name := _own_named(clause, after.surname)):
            after = replace(after, own_name=name)
            guessed |= set() if after.surname and name.startswith(after.surname) else {"own_name"}
    return after, guessed


def _about_whom(before: Draft, after: Draft, text: str, told: Heard) -> Draft:
    listed = listening_words()
    named = _kin_of(text, told.for_whom)
    if told.phone and before.relation and after.relation != before.relation:
        return replace(after, relation=before.relation)  # “that was my wife's old number”
    if told.for_whom and _NOT_ME.search(text):
        return replace(after, relation=told.for_whom)
    at_home = _AT_HOME.search(text)
    if before.relation is None and after.relation == SELF and at_home and "我" not in text[: at_home.start()]:
        named = next((w for w in _longest(list(_kin())) if text[at_home.end() :].startswith(w)), None)
        return replace(after, relation=_kin()[named]) if named else after
    if told.for_whom is None and _serves(text):
        return replace(after, relation=listed["served"])
    if before.relation is None and after.relation in (None, SELF) and named and tells_a_matter(text, told):
        return replace(after, relation=named)
    return after


def tells_whom(text: str, told: Heard, draft: Draft) -> bool:
    """Whether a text leaves no doubt whose matter it is."""
    bare = re.sub(_either(listening_words()["not_for_me"]), "", text)
    own = any(word in bare for word in words()["relations"][SELF])
    is_kin = re.search(rf"是[他她]的?(?:{_either(listening_words()['own_kin'])})", text) is not None
    return own or is_kin or _serves(text) or (told.for_whom is not None and told.for_whom == draft.relation)


def names_kin(text: str) -> bool:
    """Whether a text names a relative or somebody else whom the matter may be about."""
    listed = words()["relations"]
    others = [word for relation, named in listed.items() if relation != SELF for word in named]
    return any(word in text for word in others)


def _kin_of(text: str, for_whom: str | None) -> str | None:
    """The relation of the kin that the text begins with (崽考上大学了)."""
    if for_whom:
        return for_whom
    found = [
        (len(word), relation)
        for word, relation in _kin().items()
        if text.startswith(word) and not text[len(word) :].startswith(_GREETS)
    ]
    return max(found)[1] if found else None


def _serves(text: str) -> bool:
    """Whether the caller says that she speaks for somebody in her care (我是他班主任; 社区志愿者，姓雷)."""
    roles = _either(listening_words()["serves"])
    says_so = rf"(?:^|[，,。])(?:我是|我就是)[^，,。]{{0,12}}(?:{roles})"
    begins = rf"^[^，,。我]{{0,6}}(?:{roles})[，,。]"
    return re.search(f"{says_so}|{begins}", text) is not None


def _own_named(clause: str, surname: str | None) -> str | None:
    listed = listening_words()
    match = re.fullmatch(
        rf"我(?:是|就是)(?:他|她)?的?(?:{_either(listed['own_kin'])})([一-鿿]{{2,4}})", clause
    )
    if match:
        return _a_name(match.group(1))
    lead = next((lead for lead in _longest(listed["name_leads"]) if clause.startswith(lead)), "")
    return _a_name(clause.removeprefix(lead))


def _other_named(clause: str) -> tuple[str | None, str | None]:
    """Relation and name of somebody introduced by a word for kin (男人叫陈满生, 老公是李卫东)."""
    kin, leads = _kin(), listening_words()["other_leads"]
    match = re.fullmatch(rf"(?:我|俺)?({_either(kin)})的?(?:{_either(leads)})([一-鿿]{{2,6}})", clause)
    if match is None:
        return None, None
    name = _a_name(match.group(2)[:3]) or _a_name(match.group(2)[:2])
    return (kin[match.group(1)], name) if name else (None, None)


def _titled(text: str) -> str | None:
    """Somebody named by surname and title (张奶奶)."""
    titles = _either(listening_words()["titles"])
    found = re.search(rf"(?<![我他她])([一-鿿])({titles})", text)
    return found.group() if found and found.group(1) in surnames() else None


@cache
def surnames() -> frozenset[str]:
    """The surnames of one character."""
    path = Path(tickets.hearing.__file__).parent / "data" / "surnames.txt"
    return frozenset(name for name in path.read_text("utf-8").split() if len(name) == 1)


def _a_name(said: str) -> str | None:
    if not _NAME_CHARS.fullmatch(said) or said in listening_words()["not_names"]:
        return None
    heard = understand(said, CONTACT, lambda _: None)
    return heard.own_name if heard.own_name == said else None


@cache
def _kin() -> dict[str, str]:
    """Relation by word for kin, without those that are no kin."""
    listed = words()["relations"]
    more = listening_words()["more_kin"]
    found = {word: relation for relation, named in more.items() for word in named}
    kin = [relation for relation in listed if relation not in (SELF, *words()["ageless"])]
    return found | {word: relation for relation in kin for word in listed[relation]}


def _either(listed: Sequence[str] | Mapping[str, str]) -> str:
    return "|".join(map(re.escape, _longest(list(listed))))


def _longest(listed: Sequence[str]) -> list[str]:
    return sorted(listed, key=len, reverse=True)
