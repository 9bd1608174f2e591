"""Listens to what was said without having asked: which question each sentence may have been the answer to.

In a chat the bot knows what it asked. On the phone the agent asks aloud and types only the answers, and in a
conversation that an agent leads nobody says which field is meant: a bare “祁东的”, “刘金平” or “1387464”
is understood here as the answer to what is still missing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from api.filling.people import clauses_of, listening_words, tells_whom, told_of_people, with_people
from tickets.digits import DIGIT, digits_of, phones_in
from tickets.hearing import (
    Heard,
    says_surely_off,
    says_yes,
    sounds_like_a_question,
    understand,
    words,
)
from tickets.intake import CONTACT, PLACE, Draft
from tickets.places import place_choices, resolve_place

SHORT = 14  # characters: whoever says so little answers a question
_SENTENCES = re.compile(r"(?<=[。？?；;])|\n+")
_LIVES = re.compile(r"(?:我|人|我们|现)?(?:家住|住在|住|在)")
_PHONE_BEGINS = re.compile(r"(?:电话|手机|号码)[^，。,.\d]{0,3}\d{3}")
_DIGITS = re.compile(r"\d{3}")

TRACKED = (
    "place",
    "own_name",
    "surname",
    "other_name",
    "phone",
    "id_number",
    "relation",
    "since",
    "anonymous",
)


@dataclass(frozen=True)
class Listened:
    """A draft, and for each of its fields the words that told it.

    `guessed` are fields heard without being introduced, `put_right` those said twice and differently.
    `mistyped_id`: an ID number with a wrong check character was said. `whom_told`: it was said outright whose
    matter it is. `questions`: what was only asked.
    """

    draft: Draft = field(default_factory=Draft)
    told_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guessed: frozenset[str] = frozenset()
    put_right: frozenset[str] = frozenset()
    mistyped_id: bool = False
    whom_told: bool = False
    questions: tuple[str, ...] = ()


def utterances(text: str) -> tuple[str, ...]:
    """Split what was typed in one field during a call into what was said at a time: lines and sentences."""
    return tuple(part.strip() for part in _SENTENCES.split(text) if part and part.strip())


def listen(texts: Sequence[str], region: str, start: Draft | None = None) -> Listened:
    """Take everything in, oldest first.

    Args:
        start: a request that the bot was taking down: only what was said after it is heard anew.
    """
    heard = Listened()
    for text in _numbers_joined(texts):
        heard = _hear(heard, text, region)
    if start is None or start.empty:
        return heard
    known = set(start.said)
    later = replace(heard, draft=start)
    last = max((at for at, text in enumerate(texts) if text in known), default=-1)
    for text in _numbers_joined(texts[last + 1 :]):
        later = _hear(later, text, region)
    return replace(later, questions=heard.questions)


def clause_with(text: str, value: str) -> str:
    """The clause of a text that holds a value, as it was said; the whole text where several hold it."""
    parts = [part for part in clauses_of(text) if value and value in part]
    return parts[0] if parts else text.strip()


def _hear(before: Listened, text: str, region: str) -> Listened:
    draft = before.draft
    asked, told = _understood(text, draft, region)
    told = told_of_people(text, told)
    if _is_idle(text, told, draft):
        return before
    if _only_asks(text, told, draft):
        return replace(before, questions=(*before.questions, text))
    if told.since and told.age and told.since in clause_with(text, told.age):
        told = replace(told, since=None)  # 今年14岁 tells an age
    after = draft.hear(text, asked, told)
    after, guessed = with_people(draft, after, text, told)
    return _noted(before, after, text, told, guessed)


def _noted(before: Listened, after: Draft, text: str, told: Heard, guessed: set[str]) -> Listened:
    told_by, doubtful, again = dict(before.told_by), set(before.guessed), set(before.put_right)
    for name in TRACKED:
        old, new = getattr(before.draft, name), getattr(after, name)
        if old == new or new is None or new is False:
            continue
        told_by[name] = _clauses_that_tell(name, text, new, before)
        doubtful.discard(name)
        if name in guessed:
            doubtful.add(name)
        if old and not (name == "place" and str(new).startswith(str(old))):
            again.add(name)
    if after.area != before.draft.area and after.place is None:
        told_by["place"] = (text.strip(),)
    return Listened(
        after,
        told_by,
        frozenset(doubtful),
        frozenset(again),
        told.mistyped_id or (before.mistyped_id and told.id_number is None),
        before.whom_told or tells_whom(text, told, after),
        before.questions,
    )


def _clauses_that_tell(name: str, text: str, value: object, before: Listened) -> tuple[str, ...]:
    """The words that told a field; of a phone in pieces all of them."""
    if name == "phone" and before.draft.phone_piece and not phones_in(text):
        return (*(one.strip() for one in before.draft.said[-1:]), text.strip())
    return (clause_with(text, value if isinstance(value, str) else ""),)


def _understood(text: str, draft: Draft, region: str) -> tuple[str | None, Heard]:
    """What a text tells, and the question that it may have been the answer to."""

    def heard(asked: str | None, said: str = text) -> Heard:
        return understand(
            said,
            asked,
            lambda words: resolve_place(words, region),
            lambda words: place_choices(words, region),
            draft.offered if asked == PLACE else (),
        )

    plain = heard(None)
    if _PHONE_BEGINS.search(text) and not plain.phone and not plain.phone_piece:
        plain = replace(plain, phone_piece=heard(CONTACT).phone_piece)
    if draft.offered and (plain.area is None or plain.area.adcode is None):
        chosen = heard(PLACE)
        if chosen.area and chosen.area.adcode:
            return PLACE, chosen
    if _is_digits(text) or (draft.phone_piece and _DIGITS.search(digits_of(text))):
        return CONTACT, heard(CONTACT)
    if draft.matter is not None and (plain.phone or plain.refuses_phone) and plain.area is None:
        return CONTACT, plain
    if draft.place is None and plain.area is None:
        clauses = [text] if len(text) <= SHORT else []
        clauses += [one for one in clauses_of(text) if len(one) <= SHORT and _LIVES.match(one)]
        for clause in clauses:
            placed = heard(PLACE, clause)
            if placed.area is not None:
                return PLACE, replace(plain, place=placed.place, area=placed.area, choices=placed.choices)
    return (PLACE if plain.area and draft.place is None else None), plain


def _is_idle(text: str, told: Heard, draft: Draft) -> bool:
    """Whether a text says nothing for a ticket: a yes, a no to filing."""
    if says_surely_off(text) and draft.empty:
        return True
    return says_yes(text) and len(text) <= SHORT and not told.more_than_a_mention


def _only_asks(text: str, told: Heard, draft: Draft) -> bool:
    """Whether a text asks something and tells nothing of its own: no part of the request."""
    if told.more_than_a_mention or not sounds_like_a_question(text):
        return False
    wishes = any(word in text for word in words()["benefits"])
    ends_asking = text.rstrip(" 。.!！~～").endswith(tuple(words()["asking"]["endings"]))
    if draft.matter is not None:
        return ends_asking or not wishes  # 看能不能进敬老院 is a wish
    return told.relation is None


def _is_digits(text: str) -> bool:
    rest = re.sub(r"[\s，,。.、…—\-：:+]", "", digits_of(text))
    for word in sorted(listening_words()["beside_digits"], key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(rest) >= 2 and re.fullmatch(rf"[{DIGIT}Xx]+", rest) is not None


def _numbers_joined(texts: Sequence[str]) -> list[str]:
    """Join a number that is said in several goes (137, 1234, 0001) as long as it is no whole phone."""
    joined: list[str] = []
    for text in texts:
        goes_on = joined and _is_digits(text) and _is_digits(joined[-1]) and not _is_whole(joined[-1])
        if goes_on and not words_correct(text):
            joined[-1] = f"{joined[-1]} {text}"
        else:
            joined.append(text)
    return joined


def words_correct(text: str) -> bool:
    """Whether a text puts something right (不对，说错了)."""
    return any(word in text for word in words()["corrections"])


def _is_whole(text: str) -> bool:
    return understand(text, CONTACT, lambda _: None).phone is not None
