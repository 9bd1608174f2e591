"""The settings of every `hotline` process, read once from HOTLINE_… variables (docs/settings.md)."""

import re
from pathlib import Path
from typing import Literal, Self

from authlib.common.security import is_secure_transport
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.accounts.model import Role as AccountRole

PROJECT_ROOT = Path(__file__).resolve().parent.parent
# Scheme, host, port (RFC 6454): nothing that could end a header or a policy early.
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


# What a measurement or a test sets, which talks faster than people do and for many at once.
UNLIMITED = {
    f"HOTLINE_{name}": "0"
    for name in (
        *("WRITES_PER_MINUTE", "READS_PER_MINUTE", "ADDRESS_WRITES_PER_MINUTE", "ADDRESS_READS_PER_MINUTE"),
        *("STREAMS_PER_CONVERSATION", "ADDRESS_STREAMS", "PROGRESS_TRIES"),
    )
}


class Settings(BaseSettings):
    """Where things are and how the processes find each other; every field has a working default."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", extra="ignore")

    data_dir: Path = Field(
        default=PROJECT_ROOT / "var", description="Everything that is written while running."
    )
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy address of the database; default: SQLite file hotline.db in data_dir.",
    )
    key_file: Path | None = Field(
        default=None,
        description="File with the master keys, the sealing one first; default: master.key in data_dir.",
    )
    master_key: SecretStr | None = Field(
        default=None,
        description="The master keys (base64, commas between, the sealing one first), instead of a file.",
    )
    host: str = Field(
        default="127.0.0.1", description="Address the api listens on; 0.0.0.0 opens it to the network."
    )
    port: int = Field(default=8000, ge=1, le=65535, description="Port of the api.")
    region: str = Field(
        default="430000",
        pattern=r"^\d{6}$",
        description="Where callers are unless they say otherwise (GB/T 2260 code).",
    )
    embedder_dir: Path | None = Field(
        default=None,
        description="A local sentence-transformers folder to use instead of the shipped small model.",
    )
    reranker: Path | None = Field(
        default=None,
        description="A local CrossEncoder folder that weighs the first 30 results again; seconds a question.",
    )
    vectors: Literal["files", "database"] = Field(
        default="files",
        description="Where the index keeps its vectors: files, or database (PostgreSQL with pgvector).",
    )
    rasa_url: str | None = Field(
        default=None,
        description="Where Rasa answers; set by `hotline serve`. Without it the stand-in answers alone.",
    )
    rasa_token: str | None = Field(
        default=None, description="Secret for Rasa's own HTTP interface; `hotline serve` makes a new one."
    )
    rasa_port: int = Field(
        default=0, ge=0, le=65535, description="Loopback port of Rasa; 0 picks a free one."
    )
    rasa_python: Path = Field(
        default=PROJECT_ROOT / ".venv-rasa" / "bin" / "python",
        description="The interpreter of Rasa's own environment.",
    )
    rasa_timeout: float = Field(
        default=2.5, gt=0, description="Seconds to wait for Rasa before the stand-in answers the citizen."
    )
    actions_token: str | None = Field(
        default=None,
        description="Secret shared with Rasa for /actions/webhook; `hotline serve` makes a new one.",
    )
    max_message_chars: int = Field(
        default=2000, gt=0, description="Longer citizen messages are refused kindly."
    )
    embedded_by: str = Field(
        default="",
        description="Origins of portals that may show the chat, as https://portal.gov.cn, commas between.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="Addresses or networks of the reverse proxies whose X-Forwarded-For and -Proto count.",
    )
    writes_per_minute: int = Field(
        default=15, ge=0, description="Messages and other changes a minute from one conversation; 0: any."
    )
    reads_per_minute: int = Field(
        default=180, ge=0, description="Readings a minute from one conversation; 0: any."
    )
    address_writes_per_minute: int = Field(
        default=120, ge=0, description="Changes a minute from one address, which many may share; 0: any."
    )
    address_reads_per_minute: int = Field(
        default=1440, ge=0, description="Readings, pages and questions a minute from one address; 0: any."
    )
    streams_per_conversation: int = Field(
        default=4, ge=0, description="Event streams open at once for one conversation; 0: any."
    )
    address_streams: int = Field(
        default=200, ge=0, description="Event streams open at once from one address; 0: any."
    )
    progress_tries: int = Field(
        default=5, ge=0, description="Wrong progress queries in 15 minutes by number or address; 0: any."
    )
    max_body_kb: int = Field(
        default=64, gt=0, description="Larger bodies from citizens are refused before they are read."
    )
    request_seconds: float = Field(
        default=20.0, gt=0, description="Within these a client must have sent its headers, and then its body."
    )
    session_hours: float = Field(
        default=12.0, gt=0, description="After these hours everybody at the console signs in again."
    )
    session_idle_minutes: float = Field(
        default=60.0, gt=0, description="A console session ends after so long without anybody doing anything."
    )
    public_url: str | None = Field(
        default=None,
        description="Where browsers reach the hotline, as https://hotline.example; single sign-on needs it.",
    )
    oidc_issuer: str | None = Field(
        default=None, description="Issuer of the OpenID Connect single sign-on; without it there is none."
    )
    oidc_client_id: str | None = Field(default=None, description="What the hotline is called there.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Its secret there; a client without one is proved by PKCE alone."
    )
    oidc_scopes: str = Field(default="openid profile", description="What is asked for there.")
    oidc_name_claim: str = Field(
        default="preferred_username", description="The claim that names a new account."
    )
    oidc_role_claim: str = Field(
        default="groups", description="The claim that holds groups or roles; dots lead into objects."
    )
    oidc_roles: dict[str, AccountRole] = Field(
        default_factory=dict,
        description="JSON: group to role, the weightiest first. Nobody else is let in.",
    )
    dispatcher: Literal["api", "off"] = Field(
        default="api",
        description="Who sends events to case systems: api, or off when `hotline deliveries run` does.",
    )
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level logged."
    )

    @property
    def database_address(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'hotline.db'}"

    @property
    def portals(self) -> tuple[str, ...]:
        """The origins that may embed the chat."""
        return tuple(filter(None, (each.strip() for each in self.embedded_by.split(","))))

    @field_validator("embedded_by")
    @classmethod
    def _origins(cls, value: str) -> str:
        wrong = [each for each in value.split(",") if each.strip() and not _ORIGIN.fullmatch(each.strip())]
        if wrong:
            raise ValueError(f"HOTLINE_EMBEDDED_BY: {wrong[0]!r} is no origin; write https://portal.example")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_origin(cls, value: str | None) -> str | None:
        if value and not _ORIGIN.fullmatch(value):
            raise ValueError(f"HOTLINE_PUBLIC_URL: {value!r} is no origin; write https://hotline.example")
        return value or None

    @model_validator(mode="after")
    def _sign_on_is_whole(self) -> Self:
        if not self.oidc_issuer:
            return self
        needed = {"HOTLINE_OIDC_CLIENT_ID": self.oidc_client_id, "HOTLINE_PUBLIC_URL": self.public_url}
        if missing := [name for name, value in needed.items() if not value]:
            raise ValueError(f"HOTLINE_OIDC_ISSUER needs {' and '.join(missing)} beside it")
        if not is_secure_transport(self.oidc_issuer):
            raise ValueError("HOTLINE_OIDC_ISSUER: write https://…, else who is on the line could be anybody")
        return self

    @property
    def vector_database(self) -> str | None:
        """Address of the database that keeps the vectors; None if they are files."""
        return self.database_address if self.vectors == "database" else None

    @model_validator(mode="after")
    def _vectors_need_postgresql(self) -> Self:
        if self.vectors == "database" and not self.database_address.startswith("postgresql"):
            raise ValueError("HOTLINE_VECTORS=database needs HOTLINE_DATABASE_URL to be a PostgreSQL address")
        return self

    @property
    def model_path(self) -> Path:
        """The trained Rasa model that `hotline train` writes."""
        return self.data_dir / "models" / "bot.tar.gz"

    @property
    def key_path(self) -> Path:
        """The file of the master keys that seal personal data; back it up apart from the database."""
        return self.key_file or self.data_dir / "master.key"

    @property
    def triage_model_path(self) -> Path:
        """The triage model that this installation trained itself; the shipped one works until then."""
        return self.data_dir / "triage" / "model.npz"
