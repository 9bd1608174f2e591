"""The case systems (业务系统) that the hotline works with: the operator's file case_systems.yml.

Each has a name and any of four sides: `push` (we send events), `back` (it tells us what became of a ticket),
`drop` (we write files into a folder), `reconcile` (where its own counts can be asked for).
"""

import re
from datetime import time
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    model_validator,
)

from tickets.errors import BadRequest
from tickets.signing import PREFIX, key_of

OWN_CASE_SYSTEMS = "case_systems.yml"
IN_FILE = "file:"
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")


def _secret(value: Any) -> Any:
    """Read `file:/run/secrets/name` from that file, so that this one needs to hold no secret."""
    if not isinstance(value, str) or not value.startswith(IN_FILE):
        return value
    path = Path(value.removeprefix(IN_FILE))
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read") from error


def _webhook_secret(value: SecretStr) -> SecretStr:
    """Check what the Standard Webhooks specification asks of a symmetric secret."""
    key_of(value.get_secret_value())
    return value


def _plain_url(value: HttpUrl) -> HttpUrl:
    if value.username or value.password or value.fragment:
        raise ValueError("write it without user, password and #; signatures show who we are")
    return value


Secret = Annotated[SecretStr, BeforeValidator(_secret), AfterValidator(_webhook_secret)]
Url = Annotated[HttpUrl, AfterValidator(_plain_url)]
Networks = tuple[IPv4Network | IPv6Network, ...]


def revealed(secrets: tuple[SecretStr, ...]) -> tuple[str, ...]:
    """Give secrets as text, to sign or verify with; everywhere else they show as stars."""
    return tuple(secret.get_secret_value() for secret in secrets)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _stays_inside(url: HttpUrl, networks: Networks) -> None:
    if url.scheme == "http" and not networks:
        raise ValueError("plain http is for networks that are named under networks; use https")


class Push(_Part):
    """Where and how events are sent.

    Attributes:
        secrets: the signing secrets, whsec_…; several while one is being replaced, each signs.
        payload: `thin` names the ticket and what happened; `full` adds the ticket itself.
        profile: which fields `full` shows and under which names; None: every field of the contract.
        reveal: why personal data may be shown in full (recorded per ticket); None: masked.
        networks: private networks that this system may be reached in; without one only public addresses are,
            and those by https alone.
        ca_file: PEM of the only authority trusted for it; None: those that this machine trusts.
        client_cert, client_key: PEM files with which we show who we are; the key is not encrypted.
        timeout: seconds for the whole exchange. at_once: deliveries under way at the same time.
        start: `beginning` sends every ticket there ever was, `now` those that change from now on.
        warn_after: seconds; an event undelivered for longer is a warning, ten times that an alarm.
    """

    url: Url
    secrets: tuple[Secret, ...] = Field(min_length=1, max_length=4)
    payload: Literal["thin", "full"] = "thin"
    profile: str | None = None
    reveal: str | None = Field(default=None, min_length=2)
    networks: Networks = ()
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    timeout: float = Field(default=20.0, ge=1, le=60)
    at_once: int = Field(default=4, ge=1, le=32)
    start: Literal["beginning", "now"] = "beginning"
    warn_after: float = Field(default=900.0, gt=0)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.payload == "thin" and (self.profile or self.reveal):
            raise ValueError("profile and reveal belong to payload: full")
        if (self.client_key or self.client_cert) and not (self.client_key and self.client_cert):
            raise ValueError("client_cert and client_key belong together")
        _stays_inside(self.url, self.networks)
        return self


class Back(_Part):
    """How its messages about tickets are told from others', and for which office it speaks.

    `office` None: for every office. `secrets`: any of them may have signed.
    """

    secrets: tuple[Secret, ...] = Field(min_length=1, max_length=4)
    office: str | None = None


class Drop(_Part):
    """Files written into a folder every day at `at` (Beijing time): everything that changed since the last.

    `profile`, `reveal`: as in Push, the profile being `generic` unless another is named.
    """

    folder: Path
    format: Literal["csv", "xlsx", "jsonl"] = "csv"
    profile: str = "generic"
    reveal: str | None = Field(default=None, min_length=2)
    at: time = time(2, 0)


class Reconcile(_Part):
    """Where its own counts and digests per day are asked for (docs/connect-a-case-system.md)."""

    url: Url
    secrets: tuple[Secret, ...] = Field(min_length=1, max_length=4)
    networks: Networks = ()
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _stays_inside(self.url, self.networks)
        return self


class CaseSystem(_Part):
    """One case system under the name that commands, addresses and records know it by."""

    name: str = Field(pattern=_NAME.pattern)
    push: Push | None = None
    back: Back | None = None
    drop: Drop | None = None
    reconcile: Reconcile | None = None


def load_case_systems(path: Path) -> dict[str, CaseSystem]:
    """Read the file; none is no case system. The key is the name, in the order of the file.

    Raises:
        BadRequest: the file cannot be understood; system and field are named, no secret is shown.
    """
    systems: dict[str, CaseSystem] = {}
    for number, row in enumerate(read_rows(path), start=1):
        try:
            system = CaseSystem.model_validate(row)
        except ValidationError as error:
            raise BadRequest(f"{path}: {_called(row, number)}: {_first(error)}") from None
        if system.name in systems:
            raise BadRequest(
                f"{path}: two case systems are called {system.name}; give each a name of its own"
            )
        systems[system.name] = system
    return systems


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Give the entries of the file as they stand, not yet checked; none when there is no file.

    Raises:
        BadRequest: it is not readable, no YAML, or no list of entries.
    """
    try:
        rows = yaml.safe_load(path.read_text("utf-8")) or []
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise BadRequest(f"{path} cannot be read: save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise BadRequest(f"{path} is no valid YAML{_where(error)}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadRequest(f"{path}: write one case system per entry, each beginning with `- name:`")
    return rows


def _called(row: dict[str, Any], number: int) -> str:
    name = row.get("name")
    return name if isinstance(name, str) and _NAME.fullmatch(name) else f"entry {number}"


def _first(error: ValidationError) -> str:
    """Say what is wrong in the words of the check alone: what stands in the file may be a secret."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    field = ".".join("…" if PREFIX in str(part) else str(part) for part in first["loc"]) or "entry"
    return f"{field}: {first['msg'].removeprefix('Value error, ')}"


def _where(error: yaml.YAMLError) -> str:
    # The error's own text quotes the line, which may hold a secret.
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return f" in line {mark.line + 1}, column {mark.column + 1}; check quotes and indentation" if mark else ""
