"""The tables of the ticket desk, for SQLite and PostgreSQL alike."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
)

from tickets.permanence import make_history_permanent

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An instant kept as UTC; comes back timezone-aware, also from SQLite, which forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a timezone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Columns named *_sealed hold ciphertext, *_print keyed fingerprints; nothing else here is personal data.
tickets = Table(
    "tickets",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("day", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("category", String(20), nullable=False),
    Column("urgency", String(10), nullable=False),
    Column("status", String(20), nullable=False),
    Column("province", String(40)),
    Column("city", String(40)),
    Column("county", String(40)),
    Column("township", String(60)),
    Column("adcode", String(6)),
    Column("address_sealed", Text),
    Column("place_print", String(64)),
    Column("summary_sealed", Text, nullable=False),
    Column("description_sealed", Text, nullable=False),
    Column("name_sealed", Text),
    Column("phone_sealed", Text),
    Column("phone_print", String(64)),
    Column("phone_tail_print", String(64)),
    Column("id_number_sealed", Text),
    Column("id_number_print", String(64)),
    Column("beneficiary_sealed", Text),
    Column("relation", String(40)),
    Column("anonymous", Boolean, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("conversation_id", String(64)),
    Column("origin_message_id", String(128), unique=True),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("stage_due_at", Instant),
    Column("closed_at", Instant),
    Column("office", String(100)),
    Column("triage_sealed", Text),
    Column("erased_at", Instant),
    Column("version", Integer, nullable=False),
    UniqueConstraint("day", "sequence"),
    Index(None, "status", "day", "sequence"),
    Index(None, "opened_at"),
    Index(None, "stage_due_at"),
    Index(None, "office", "day", "sequence"),
    Index(None, "adcode", "category", "opened_at"),
    Index(None, "phone_print"),
    Index(None, "place_print"),
    Index(None, "id_number_print"),
    Index(None, "conversation_id"),
)

ticket_events = Table(
    "ticket_events",
    metadata,
    Column("number", String(20), ForeignKey("tickets.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("action", String(40), nullable=False),
    Column("from_status", String(20)),
    Column("to_status", String(20), nullable=False),
    Column("reason_sealed", Text),
    Column("changes", JSON),
    Index(None, "actor", "number"),
)

ticket_links = Table(
    "ticket_links",
    metadata,
    Column("number", String(20), ForeignKey("tickets.number"), primary_key=True),
    Column("related", String(20), ForeignKey("tickets.number"), primary_key=True),
    Column("kind", String(10), nullable=False, server_default="repeat"),
    Index(None, "related"),
)

# Messages that filed a ticket (position 1) or whose words were added to it: sending one again does nothing.
ticket_supplements = Table(
    "ticket_supplements",
    metadata,
    Column("origin_message_id", String(128), primary_key=True),
    Column("number", String(20), ForeignKey("tickets.number"), nullable=False),
    Column("position", Integer, nullable=False),
)

# One row per reminder given: the key makes sure that none is given twice for the same deadline.
ticket_notices = Table(
    "ticket_notices",
    metadata,
    Column("number", String(20), ForeignKey("tickets.number"), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("at", Instant, nullable=False),
)

# One row per history event, written with it; `sequence` grows in the order of commits (tickets/outbox.py).
ticket_outbox = Table(
    "ticket_outbox",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("number", String(20), nullable=False),
    Column("position", Integer, nullable=False),
    ForeignKeyConstraint(["number", "position"], ["ticket_events.number", "ticket_events.position"]),
    UniqueConstraint("number", "position"),
    sqlite_autoincrement=True,
)

# Where the delivery to each case system stands; who paused it, or why it was switched off, and since when.
case_systems = Table(
    "case_systems",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("reason", Text),
    Column("changed_by", String(100), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("handed_out_to", BigInteger, nullable=False),
)

# One row per event and case system. It never goes away; what was not delivered waits or is a dead letter.
deliveries = Table(
    "deliveries",
    metadata,
    Column("system", String(40), ForeignKey("case_systems.name"), primary_key=True),
    Column("number", String(20), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant, nullable=False),
    Column("claimed_by", String(40)),
    Column("claimed_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("settled_by", String(100)),
    Column("last_status", Integer),
    Column("last_error", Text),
    ForeignKeyConstraint(["number", "position"], ["ticket_events.number", "ticket_events.position"]),
    Index(None, "system", "state", "next_at"),
    Index(None, "system", "sequence"),
)

# What case systems told us about tickets: the key makes sure that nothing is taken in twice. `version`: the
# ticket's after it.
status_updates = Table(
    "status_updates",
    metadata,
    Column("system", String(40), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("number", String(20), ForeignKey("tickets.number"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("status", String(20), nullable=False),
    Column("version", Integer, nullable=False),
)

# One row per drop (tickets/drops.py): what its file covers, planned before it is written, then `made_at`.
ticket_drops = Table(
    "ticket_drops",
    metadata,
    Column("system", String(40), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("after", BigInteger, nullable=False),
    Column("up_to", BigInteger, nullable=False),
    Column("file", String(120), nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("claimed_by", String(40)),
    Column("claimed_until", Instant),
    Column("made_at", Instant),
)

ticket_numbers = Table(
    "ticket_numbers",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

ticket_disclosures = Table(
    "ticket_disclosures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("scope", String(200), nullable=False),
    Column("number", String(20)),
    Index(None, "number"),
)


@event.listens_for(ticket_events, "after_create")
def _protect_history(_table: Table, connection: Connection, **_options: object) -> None:
    make_history_permanent(connection)
