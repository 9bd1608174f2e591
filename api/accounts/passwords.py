"""Passwords: how they are kept, which ones will do, and the one-time ones.

After NIST SP 800-63B-4, 3.1.1: length and resistance to guessing count, no mix of signs is asked for, nothing
expires by the calendar, and nothing is cut off.
"""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.accounts.model import WeakPassword
from api.accounts.names import name_key

MIN_PASSWORD = 10
MAX_PASSWORD = 200
NO_PASSWORD = ""
"""The hash of none: no password opens an account that has it."""

# zxcvbn's score 3: more than 10^8 guesses (Wheeler, USENIX Security 2016), which a throttled sign-in never
# allows and argon2 makes slow for whoever has stolen the table.
_LEAST_SCORE = 3
# What whoever attacks this very hotline tries first; beside them zxcvbn knows 30,000 common passwords.
_HERE = ("hotline", "rexian", "minzheng", "shehuijiuzhu", "jiuzhu", "dibao", "zuoxi", "guanliyuan", "12345")
_LOOKED_AT = 72  # characters; zxcvbn takes no more, and the rest only makes a password better
_LEAST_BESIDE_NAME = 6  # characters
# No letters that look alike: it is read from one screen and typed at another.
_ONE_TIME_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Give what is kept of a password (argon2id)."""
    return _hasher.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Whether this is the password; takes as long when nothing is kept, so that nobody learns who exists."""
    try:
        return _hasher.verify(kept or _nobodys(), password) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_hex())


def check_password(password: str, name: str) -> None:
    """Let a password pass that takes long to guess.

    Raises:
        WeakPassword: it is too short or too long, or common, or made of the account's name.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise WeakPassword(
            f"the password has {len(password)} characters: at least {MIN_PASSWORD}, "
            f"at most {MAX_PASSWORD} are needed"
        )
    from zxcvbn import zxcvbn  # its lists of words are large; a running hotline rarely needs them

    score = zxcvbn(password[:_LOOKED_AT], user_inputs=[name, *_HERE])["score"]
    if score < _LEAST_SCORE or len(_beside(password, name)) < _LEAST_BESIDE_NAME:
        raise WeakPassword("the password is easily guessed: take several words that do not belong together")


def _beside(password: str, name: str) -> str:
    """Give the letters and digits of a password that are not the account's name."""
    rest = name_key(password).replace(name_key(name) or "\0", "")
    return "".join(each for each in rest if each.isalnum())


def one_time_password() -> str:
    """Give a random password of 79 bits in groups that can be read out."""
    return "-".join("".join(secrets.choice(_ONE_TIME_SIGNS) for _ in range(4)) for _ in range(4))
