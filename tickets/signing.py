"""Signatures of the Standard Webhooks specification 1.0.0, the symmetric ones: v1, HMAC-SHA256.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. Its Python library
takes one secret, reads the clock itself and answers a malformed header with whatever error comes up; here the
secrets and the time are given, and every refusal says what is wrong.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as randomness
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64
TOLERANCE = timedelta(minutes=5)
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_VERSION = "v1"
# A dot in the id would let other bytes of id and body be signed alike (specification, "Signature scheme").
_ID = re.compile(r"[!-\-/-~]{1,128}")
_SECONDS = re.compile(r"[0-9]{1,11}")


class BadSignature(ValueError):
    """A message that is not shown to come from who holds the secret; its text says why, and no secret."""


def key_of(secret: str) -> bytes:
    """Give the key behind a secret `whsec_…`.

    Raises:
        ValueError: it is not base64, or not of 24 to 64 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(
            "a secret is whsec_ and base64; make one with: hotline deliveries new-secret"
        ) from None
    if not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"a secret needs {LEAST_BYTES} to {MOST_BYTES} bytes, this one has {len(key)}")
    return key


def new_secret() -> str:
    """Make a secret of 32 random bytes."""
    return PREFIX + base64.b64encode(randomness.token_bytes(32)).decode()


def sign(message_id: str, timestamp: datetime, body: bytes, secrets: Sequence[str]) -> str:
    """Give the value of webhook-signature: one `v1,…` per secret, so that the receiver may hold any of them.

    Args:
        timestamp: of this attempt; whole seconds count.
    Raises:
        ValueError: the id holds a dot, a space or anything but ASCII, or is longer than 128 characters.
    """
    if not _ID.fullmatch(message_id):
        raise ValueError(f"{message_id!r} cannot be signed: an id is 1 to 128 ASCII characters without dots")
    seconds = _unix(timestamp)
    return " ".join(f"{_VERSION},{_code(message_id, seconds, body, key_of(secret))}" for secret in secrets)


def signed_headers(
    message_id: str, timestamp: datetime, body: bytes, secrets: Sequence[str]
) -> dict[str, str]:
    """Give the three headers of a signed message; a GET signs the empty body."""
    return {
        ID: message_id,
        TIMESTAMP: _unix(timestamp),
        SIGNATURE: sign(message_id, timestamp, body, secrets),
    }


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """Check a signed message and give its id, by which a second arrival is known.

    Args:
        headers: with names in any case. body: the bytes as they arrived, before any parsing.
        secrets: any one of them may have signed.
    Raises:
        BadSignature: a header is missing or malformed, the time is further than `tolerance` from `now`, or no
            signature fits.
    """
    given = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if not given.get(name)]
    if missing:
        raise BadSignature(f"header {missing[0]} is missing")
    message_id, seconds = given[ID], given[TIMESTAMP]
    if not _ID.fullmatch(message_id):
        raise BadSignature(f"{ID} must be 1 to 128 ASCII characters without dots and spaces")
    if not _SECONDS.fullmatch(seconds):
        raise BadSignature(f"{TIMESTAMP} must be whole seconds since 1970")
    distance = int(seconds) - now.timestamp()
    if abs(distance) > tolerance.total_seconds():
        direction = "behind" if distance < 0 else "ahead of"
        raise BadSignature(f"{TIMESTAMP} is {abs(distance):.0f} s {direction} our clock; set both clocks")
    offered = [
        code.encode()
        for version, _, code in (part.partition(",") for part in given[SIGNATURE].split(" "))
        if version == _VERSION
    ]
    if not offered:
        raise BadSignature(f"{SIGNATURE} holds no {_VERSION} signature")
    expected = [_code(message_id, seconds, body, key_of(secret)).encode() for secret in secrets]
    if not any([hmac.compare_digest(ours, theirs) for ours in expected for theirs in offered]):
        raise BadSignature("no signature fits: another secret, or the body was altered after it was signed")
    return message_id


def _code(message_id: str, seconds: str, body: bytes, key: bytes) -> str:
    content = f"{message_id}.{seconds}.".encode() + body
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def _unix(timestamp: datetime) -> str:
    return str(int(timestamp.astimezone(UTC).timestamp()))
