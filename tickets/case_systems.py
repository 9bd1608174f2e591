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
from tickets.signing import key_of

OWN_CASE_SYSTEMS = "case_systems.yml"
_IN_FILE = "file:"


def _secret(value: Any) -> Any:
    """Read `file:/run/secrets/name` from that file, so that this one needs to hold no secret."""
    if not isinstance(value, str) or not value.startswith(_IN_FILE):
        return value
    path = Path(value.removeprefix(_IN_FILE))
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read") from error


def _webhook_secret(value: SecretStr) -> SecretStr:
    """Check what the Standard Webhooks specification asks of a symmetric secret."""
    key_of(value.get_secret_value())
    return value


Secret = Annotated[SecretStr, BeforeValidator(_secret), AfterValidator(_webhook_secret)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Push(_Part):
    """Where and how events are sent.

    Attributes:
        secrets: the signing secrets, whsec_…; several while one is being replaced, each signs.
        payload: `thin` names the ticket and what happened; `full` adds the ticket itself.
        profile: which fields `full` shows and under which names; None: every field of the contract.
        reveal: why personal data may be shown in full (recorded per ticket); None: masked.
        networks: private networks that this system may be reached in; without one only public addresses are.
        timeout: seconds for the whole exchange. at_once: deliveries under way at the same time.
        start: `beginning` sends every ticket there ever was, `now` those that change from now on.
        warn_after: seconds; an event undelivered for longer is a warning, ten times that an alarm.
    """

    url: HttpUrl
    secrets: tuple[Secret, ...] = Field(min_length=1, max_length=4)
    payload: Literal["thin", "full"] = "thin"
    profile: str | None = None
    reveal: str | None = Field(default=None, min_length=2)
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
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

    url: HttpUrl
    secrets: tuple[Secret, ...] = Field(min_length=1, max_length=4)
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ca_file: Path | None = None


class CaseSystem(_Part):
    """One case system under the name that commands, addresses and records know it by."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    push: Push | None = None
    back: Back | None = None
    drop: Drop | None = None
    reconcile: Reconcile | None = None


def load_case_systems(path: Path) -> dict[str, CaseSystem]:
    """Read the file; none is no case system. The key is the name, in the order of the file.

    Raises:
        BadRequest: the file cannot be understood; system and field are named, no secret is shown.
    """
    if not path.exists():
        return {}
    try:
        rows = yaml.safe_load(path.read_text("utf-8")) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadRequest(f"{path} cannot be read: {_one_line(error)}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadRequest(f"{path}: write one case system per entry, each beginning with `- name:`")
    systems: dict[str, CaseSystem] = {}
    for number, row in enumerate(rows, start=1):
        try:
            system = CaseSystem.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "entry"
            name = row.get("name", f"entry {number}")
            raise BadRequest(f"{path}: {name}: {field}: {first['msg']}") from None
        if system.name in systems:
            raise BadRequest(f"{path}: two case systems are called {system.name}")
        systems[system.name] = system
    return systems


def _one_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error))
