"""The tables of accounts, sessions, keys, and of what was changed. Secrets are kept as hashes only."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tickets.schema import Instant

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
    Column("signed_in_at", Instant),
    Column("one_time_until", Instant),
    Column("issuer", String(300)),
    Column("subject", String(255)),
    UniqueConstraint("issuer", "subject", name="uq_users_subject"),
)
"""`password_hash`: NO_PASSWORD for people of the single sign-on; `one_time_until`: set while the password is
a one-time one."""

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("user_name", String(80), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("address", String(64), nullable=False),
    Column("browser", String(60), nullable=False),
    Column("id_token_sealed", Text),
    Index("ix_sessions_user_name", "user_name"),
)
"""`id_token_sealed`: what the single sign-on gave, by which it knows whom to sign out."""

ID_TOKEN = "sessions/id_token"
"""What `id_token_sealed` is bound to (associated data)."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("revoked", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
    Column("scopes", String(400)),
    Column("office", String(100)),
)

account_changes = Table(
    "account_changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("account", String(80), nullable=False),
    Column("change", String(20), nullable=False),
    Column("detail", String(200), nullable=False),
    Index("ix_account_changes_account", "account", "id"),
    sqlite_autoincrement=True,
)

used_sign_ins = Table(
    "used_sign_ins",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("expires_at", Instant, nullable=False),
)
"""Answers of the single sign-on that were taken: none is taken twice."""
