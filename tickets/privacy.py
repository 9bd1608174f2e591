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
from dataclasses import replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tickets.errors import Unreadable
from tickets.model import Ticket

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = "v1."
_HIDDEN = "***"
# 18-digit ID numbers (GB 11643), bank cards, mobile and landline numbers inside running text.
_ID_IN_TEXT = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_LONG_NUMBER_IN_TEXT = re.compile(r"(?<!\d)(?:\d[ -]?){15,18}\d(?!\d)")
_PHONE_IN_TEXT = re.compile(
    r"(?<!\d)(?:(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}[ -]?\d{7,8})(?!\d)"
)


class Sealer:
    """Encrypts text with AES-256-GCM and fingerprints it with HMAC-SHA256, from one 32-byte master key.

    Both working keys come from the master key through HKDF-SHA256 (RFC 5869): neither gives the other away.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise Unreadable(f"the master key has {len(key)} bytes, expected {KEY_BYTES}")
        self._aead = AESGCM(_derive(key, b"hotline/tickets/seal"))
        self._fingerprint_key = _derive(key, b"hotline/tickets/fingerprint")

    def seal(self, text: str, context: str = "") -> str:
        """Encrypt a text. `context` (say, number and column) must be the same again when it is opened,
        so that a sealed value copied to another row is noticed."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, text.encode(), context.encode())
        return _VERSION + base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, context: str = "") -> str:
        """Decrypt what `seal` gave.

        Raises:
            Unreadable: another key, another context, or altered data.
        """
        version, body = sealed[: len(_VERSION)], sealed[len(_VERSION) :]
        if version != _VERSION:
            raise Unreadable("sealed text of an unknown version")
        try:
            raw = base64.urlsafe_b64decode(body)
            if base64.urlsafe_b64encode(raw).decode() != body:
                raise ValueError("not canonical base64")
            return self._aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"sealed text does not open with this key (context {context!r})") from error

    def fingerprint(self, value: str, kind: str = "") -> str:
        """Give a keyed hash for exact search: 64 hex digits, equal for spellings that differ only in
        width, case, spaces and punctuation. `kind` keeps fingerprints of different fields apart."""
        message = f"{kind}\x00{_plain(value)}".encode()
        return hmac.new(self._fingerprint_key, message, hashlib.sha256).hexdigest()


def load_or_create_key(path: Path) -> bytes:
    """Read the master key, or make one that only its owner can read (0600).

    Safe when two processes start at once: both get the same key.

    Raises:
        Unreadable: the file holds something else than one base64 line of 32 bytes.
    """
    if not path.exists():
        _create_key(path)
    try:
        key = base64.b64decode(path.read_bytes(), validate=False)
    except ValueError as error:
        raise Unreadable(f"{path} is not a key file: expected base64") from error
    if len(key) != KEY_BYTES:
        raise Unreadable(f"{path} holds {len(key)} bytes, expected {KEY_BYTES}; restore it from the backup")
    return key


def plain_phone(phone: str) -> str:
    """Give the digits of a phone number alone: half width, without the country code 86."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


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
    """Mask phone, ID and card numbers inside running text; words are left as they are."""
    text = _ID_IN_TEXT.sub(lambda match: mask_id_number(match.group()), text)
    text = _PHONE_IN_TEXT.sub(lambda match: mask_phone(match.group()), text)
    return _LONG_NUMBER_IN_TEXT.sub(lambda match: mask_id_number(match.group()), text)


def mask_ticket(ticket: Ticket) -> Ticket:
    """Give the ticket as lists, logs and exports may show it.

    Names and the address that the ticket knows are masked inside the citizen's words too.
    """
    person = ticket.applicant
    known = {name: mask_name(name) for name in (person.name, ticket.beneficiary) if name and len(name) > 1}
    if ticket.area.detail:
        known[ticket.area.detail] = _HIDDEN

    def words(text: str) -> str:
        for secret in sorted(known, key=len, reverse=True):
            text = text.replace(secret, known[secret])
        return mask_text(text)

    return replace(
        ticket,
        summary=words(ticket.summary),
        description=words(ticket.description),
        beneficiary=ticket.beneficiary and mask_name(ticket.beneficiary),
        applicant=replace(
            person,
            name=person.name and mask_name(person.name),
            phone=person.phone and mask_phone(person.phone),
            id_number=person.id_number and mask_id_number(person.id_number),
        ),
        area=replace(ticket.area, detail=ticket.area.detail and _HIDDEN),
        history=tuple(
            replace(event, reason=event.reason and words(event.reason)) for event in ticket.history
        ),
    )


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key)


def _plain(value: str) -> str:
    """Letters and digits only, half width, upper case."""
    return "".join(char for char in unicodedata.normalize("NFKC", value).upper() if char.isalnum())


def _create_key(path: Path) -> None:
    """Write a fresh key beside its place and link it in: the first to link wins, nobody sees half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
