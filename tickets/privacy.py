"""Personal data: sealed at rest, found by keyed fingerprint, masked wherever it is listed.

Rules: 个人信息保护法 Art. 28 and 51 (sensitive data, encryption and de-identification), GB/T 35273-2020
6.2, 6.3 and 7.2, 社会救助暂行办法 Art. 61. Masks: phone first 3 + last 4, ID first 3 + last 3, name first
character.
"""

import base64
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tickets.errors import BadNumber, Unreadable
from tickets.hearing import introduced_names
from tickets.keyring import FixedKeys, KeySource, MasterKey, derive
from tickets.model import Person, Ticket
from tickets.numbering import parse_number

_NONCE_BYTES = 12
_UNNAMED = "v1."  # how versions with a single key sealed
_NAMED = "v2."
_HIDDEN = "***"
# What stands between the digits of a number: spaces, hyphens and dots of any width, invisible characters.
_GAP = r"[\s\-‐‑‒–—―−－_.．·•\u200b-\u200d\ufeff]"
# 18-digit ID numbers (GB 11643), 15-digit ones of the first generation, bank cards (16 to 19 digits).
_LONG_NUMBER_IN_TEXT = re.compile(rf"(?<!\d)\d(?:{_GAP}{{0,2}}\d){{13,17}}(?:{_GAP}{{0,2}}[\dXxＸｘ])(?!\d)")
_PHONE_IN_TEXT = re.compile(
    rf"(?<!\d)(?:(?:[+＋]|[0０]{{2}})?[8８][6６]{_GAP}{{0,2}})?"
    rf"(?:[1１]{_GAP}?[3-9３-９](?:{_GAP}{{0,2}}\d){{9}}"
    rf"|[(（]?[0０]\d{{2,3}}[)）]?{_GAP}{{0,2}}[1-9１-９](?:{_GAP}?\d){{6,7}})(?!\d)"
)
# A landline without its area code, told from a date or an amount by the word before it.
_LOCAL_NUMBER_IN_TEXT = re.compile(
    r"(?<=[话机号打拨系])([是为]?[:：，,\s]{0,2})([2-8２-８]\d{2,3}[\s\-－]?\d{4})(?![\d元年月]|[-－]\d)"
)
_OTHER_RUN_IN_TEXT = re.compile(r"(?<!\d)\d{11,}(?!\d)")
_SPOKEN_RUN_IN_TEXT = re.compile(
    r"[〇零一二三四五六七八九幺两洞拐](?:[\s、，-]?[〇零一二三四五六七八九幺两洞拐]){10,}"
)
_PARTS_OF_NAME = re.compile(r"[·•・.．\s]")


class Sealer:
    """Encrypts text with AES-256-GCM and fingerprints it with HMAC-SHA256, from 32-byte master keys.

    The first key of the ring seals, every one opens: while keys are rotated, old and new values both read.
    A key ring in a file may be replaced while the process runs. Both working keys come from the master key
    through HKDF-SHA256 (RFC 5869): neither gives the other away.
    """

    def __init__(self, keys: bytes | KeySource) -> None:
        self._source = FixedKeys((MasterKey.of(keys),)) if isinstance(keys, bytes) else keys

    @property
    def prefix(self) -> str:
        """How every value begins that is sealed with the present key."""
        return f"{_NAMED}{self._source.ring()[0].id}."

    def seal(self, text: str, context: str = "") -> str:
        """Encrypt a text. `context` (say, number and column) must be the same again when it is opened,
        so that a sealed value copied to another row is noticed."""
        key = self._source.ring()[0]
        nonce = os.urandom(_NONCE_BYTES)
        sealed = _working(key.secret).aead.encrypt(nonce, text.encode(), context.encode())
        return f"{_NAMED}{key.id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, context: str = "") -> str:
        """Decrypt what `seal` gave, with whichever key of the ring it was.

        Raises:
            Unreadable: a key that the ring lacks, another context, or altered data.
        """
        keys = self._source.ring()
        if sealed.startswith(_UNNAMED):
            body = sealed[len(_UNNAMED) :]
        elif sealed.startswith(_NAMED):
            name, _, body = sealed[len(_NAMED) :].partition(".")
            keys = tuple(key for key in keys if key.id == name)
            if not keys:
                raise Unreadable(f"sealed text does not open with this key ring: it has no key {name!r}")
        else:
            raise Unreadable("sealed text of an unknown version")
        raw = _decoded(body)
        for key in keys:
            try:
                return (
                    _working(key.secret)
                    .aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode())
                    .decode()
                )
            except (InvalidTag, ValueError):
                continue
        raise Unreadable(f"sealed text does not open with this key (context {context!r})")

    def fingerprints(self, value: str, kind: str = "") -> tuple[str, ...]:
        """Give a keyed hash for exact search with each key of the ring, the present one first.

        Each has 64 hex digits, equal for spellings that differ only in width, case, spaces and punctuation.
        `kind` keeps fingerprints of different fields apart. Rows written before the last rotation ended
        carry an older one: search for all, write the first.
        """
        message = f"{kind}\x00{_plain(value)}".encode()
        return tuple(
            hmac.new(_working(key.secret).fingerprint_key, message, hashlib.sha256).hexdigest()
            for key in self._source.ring()
        )

    def fingerprint(self, value: str, kind: str = "") -> str:
        """Give the fingerprint with the present key: the one to write."""
        return self.fingerprints(value, kind)[0]


class _Working(NamedTuple):
    aead: AESGCM
    fingerprint_key: bytes


@lru_cache(maxsize=16)
def _working(secret: bytes) -> _Working:
    return _Working(
        AESGCM(derive(secret, b"hotline/tickets/seal")), derive(secret, b"hotline/tickets/fingerprint")
    )


def _decoded(body: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(body)
        if base64.urlsafe_b64encode(raw).decode() != body:
            raise ValueError("not canonical base64")
    except ValueError as error:
        raise Unreadable("sealed text does not open with this key: it was altered") from error
    return raw


def plain_phone(phone: str) -> str:
    """Give the digits of a phone number alone: half width, without the country code 86 (+86, 0086)."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))
    bare = digits.removeprefix("00")
    return bare[2:] if len(bare) == 13 and bare.startswith("86") else digits


def mask_phone(phone: str) -> str:
    """138****5678. Short numbers keep only their last two digits."""
    digits = plain_phone(phone)
    if len(digits) < 10:
        return "*" * max(len(digits) - 2, 3) + digits[-2:] if len(digits) > 4 else _HIDDEN
    return digits[:3] + "*" * (len(digits) - 7) + digits[-4:]


def mask_id_number(id_number: str) -> str:
    """430***********123. Anything shorter than a first-generation ID (15) is hidden altogether."""
    plain = _plain(id_number)
    return plain[:3] + "*" * (len(plain) - 6) + plain[-3:] if len(plain) >= 15 else _HIDDEN


def mask_name(name: str) -> str:
    """李**. The first character stays, the rest becomes stars (at least one)."""
    plain = name.strip()
    return plain[:1] + "*" * max(len(plain) - 1, 1) if plain else ""


def mask_text(text: str) -> str:
    """Mask phone, ID and card numbers inside running text; words and ticket numbers are left as they are.

    Found in any width and grouping, with country code, also as Chinese digits (幺三八…). Eleven or more
    digits in one run are masked whatever they are: no amount or date is that long.
    """
    return _mask_numbers(text, mask_phone, mask_id_number)


def mask_ticket(ticket: Ticket) -> Ticket:
    """Give the ticket as lists, logs and exports may show it; an anonymous one says nothing of the person.

    Names that the ticket knows or its words introduce, and its address, are masked inside the words too. A
    name that merely occurs in a sentence is not recognised.
    """
    if ticket.anonymous:
        return anonymise(ticket)
    person = ticket.applicant
    secrets = {part: mask_name(part) for part in _known_names(ticket)} | _known_address(ticket)
    return replace(
        _reworded(ticket, secrets, mask_text),
        beneficiary=ticket.beneficiary and mask_name(ticket.beneficiary),
        applicant=replace(
            person,
            name=person.name and mask_name(person.name),
            phone=person.phone and mask_phone(person.phone),
            id_number=person.id_number and mask_id_number(person.id_number),
        ),
        area=replace(ticket.area, detail=ticket.area.detail and _HIDDEN),
    )


def anonymise(ticket: Ticket) -> Ticket:
    """Give the ticket without anything that leads to the person: what exports and notices of an anonymous
    request hold, with or without leave to show personal data (GB/T 35273-2020 3.14).

    Name, phone, ID number, address, beneficiary and the conversation are dropped; numbers and the names that
    the ticket knows are hidden whole in the words. What the words tell about a life stays.
    """
    hidden = {part: _HIDDEN for part in (*_known_names(ticket), *_given_names(ticket))}
    return replace(
        _reworded(ticket, hidden | _known_address(ticket), _hide_numbers),
        beneficiary=None,
        applicant=Person(),
        area=replace(ticket.area, detail=None),
        conversation_id=None,
        origin_message_id=None,
    )


def _reworded(ticket: Ticket, secrets: Mapping[str, str], numbers: Callable[[str], str]) -> Ticket:
    """Replace what the ticket knows, then the numbers, wherever it quotes somebody."""
    longest_first = sorted(secrets, key=len, reverse=True)

    def words(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, secrets[secret])
        return numbers(text)

    return replace(
        ticket,
        summary=words(ticket.summary),
        description=words(ticket.description),
        triage=tuple(map(words, ticket.triage)),
        history=tuple(
            replace(event, reason=event.reason and words(event.reason)) for event in ticket.history
        ),
    )


def _known_names(ticket: Ticket) -> list[str]:
    """Names of two or more characters, whole and, with a middle dot (买买提·艾力), part by part.

    Those of the ticket's fields and those that its words introduce (我叫…, 名叫…: tickets.hearing).
    """
    introduced = [name for text in (ticket.summary, ticket.description) for name in introduced_names(text)]
    fields = (ticket.applicant.name, ticket.beneficiary)
    names = [name.strip() for name in (*fields, *introduced) if name]
    parts = [part for name in names for part in (name, *_PARTS_OF_NAME.split(name))]
    return [part for part in dict.fromkeys(parts) if len(part) > 1]


def _given_names(ticket: Ticket) -> list[str]:
    """秀英 of 李秀英, as neighbours and children write it."""
    return [name[-2:] for name in _known_names(ticket) if len(name) in (3, 4)]


def _known_address(ticket: Ticket) -> dict[str, str]:
    return {ticket.area.detail: _HIDDEN} if ticket.area.detail else {}


def _hide_numbers(text: str) -> str:
    return _mask_numbers(text, lambda _phone: _HIDDEN, lambda _number: _HIDDEN)


def _mask_numbers(text: str, phone: Callable[[str], str], long_number: Callable[[str], str]) -> str:
    def long(match: re.Match[str]) -> str:
        return match.group() if _is_ticket_number(match.group()) else long_number(match.group())

    def run(match: re.Match[str]) -> str:
        return (
            long(match)
            if len(match.group()) > 14 or _is_ticket_number(match.group())
            else phone(match.group())
        )

    # Long numbers first: a phone number may seem to stand inside an ID number that is written in groups.
    text = _LONG_NUMBER_IN_TEXT.sub(long, text)
    text = _PHONE_IN_TEXT.sub(lambda match: phone(match.group()), text)
    text = _LOCAL_NUMBER_IN_TEXT.sub(lambda match: match.group(1) + phone(match.group(2)), text)
    text = _OTHER_RUN_IN_TEXT.sub(run, text)
    return _SPOKEN_RUN_IN_TEXT.sub(_HIDDEN, text)


def _is_ticket_number(digits: str) -> bool:
    try:
        number = parse_number(digits)
    except BadNumber:
        return False
    return len(number.replace("-", "")) == sum(char.isdigit() for char in digits)


def _plain(value: str) -> str:
    """Letters and digits only, half width, upper case."""
    return "".join(char for char in unicodedata.normalize("NFKC", value).upper() if char.isalnum())
