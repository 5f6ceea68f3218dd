"""The notifier's tables as SQLAlchemy Core sees them; the migrations make them, a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


creditors = Table(
    "creditors",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("details", JSONB, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("creditor_id", Text),
    Column("customer_id", Text),
    Column("version", BigInteger, nullable=False),
    Column("details", JSONB, nullable=False),
    PrimaryKeyConstraint("creditor_id", "customer_id"),
)

consents = Table(
    "consents",
    metadata,
    Column("creditor_id", Text),
    Column("customer_id", Text),
    Column("channel", Text),
    Column("allowed", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    _instant("at"),
    PrimaryKeyConstraint("creditor_id", "customer_id", "channel"),
)

suppressed_addresses = Table(
    "suppressed_addresses",
    metadata,
    Column("creditor_id", Text),
    Column("address", Text),
    Column("reason", Text, nullable=False),
    _instant("at"),
    PrimaryKeyConstraint("creditor_id", "address"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("creditor_id", Text),
    Column("contact_id", Text),
    Column("customer_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("invoice_ids", ARRAY(Text), nullable=False),
    _instant("decided_at"),
    Column("command", JSONB, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    _instant("at"),
    _instant("not_before"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _text("why"),
    Column("token", BigInteger, nullable=False, server_default="0"),
    _text("owner"),
    _instant("lease_until", nullable=True),
    _instant("called_at", nullable=True),
    _text("provider"),
    _text("recipient"),
    _text("recipient_name"),
    _text("subject"),
    _text("text"),
    _text("provider_message_id"),
    _text("status"),
    _text("task_state"),
    _text("assignee"),
    PrimaryKeyConstraint("creditor_id", "contact_id"),
)

contact_events = Table(
    "contact_events",
    metadata,
    Column("creditor_id", Text),
    Column("contact_id", Text),
    Column("kind", Text),
    Column("detail", Text),
    _instant("at"),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    PrimaryKeyConstraint("creditor_id", "contact_id", "kind", "detail"),
)
