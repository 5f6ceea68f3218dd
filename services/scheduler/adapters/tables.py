"""The scheduler's tables as SQLAlchemy Core sees them; the migrations make them, a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

customers = Table(
    "customers",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    # The whole state of one customer (domain/customer.py), in MessagePack.
    Column("state", LargeBinary, nullable=False),
    # One timer per customer; '-infinity': at once. Null: nothing comes of itself.
    Column("next_wakeup_at", DateTime(timezone=True)),
    Column("decided_at", DateTime(timezone=True)),
    # Mark of the reasons last written to the log.
    Column("said", LargeBinary, nullable=False),
    PrimaryKeyConstraint("creditor_id", "customer_id"),
)
Index(
    "customers_next_wakeup",
    customers.c.next_wakeup_at,
    customers.c.creditor_id,
    customers.c.customer_id,
    postgresql_where=customers.c.next_wakeup_at.is_not(None),
)

invoice_files = Table(
    "invoice_files",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("invoice_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("settled_on", Date),
    # Its contacts once it is closed: they count again when a payment is reversed.
    Column("history", LargeBinary),
    PrimaryKeyConstraint("creditor_id", "invoice_id"),
)

decision_log = Table(
    "decision_log",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("day", Date, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("policy_name", Text, nullable=False),
    Column("policy_version", BigInteger, nullable=False),
    Column("reasons", LargeBinary, nullable=False),
    PrimaryKeyConstraint("creditor_id", "customer_id", "position"),
)

shadow_commands = Table(
    "shadow_commands",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("command_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("command", JSONB, nullable=False),
    PrimaryKeyConstraint("creditor_id", "command_id"),
)
Index("shadow_commands_at", shadow_commands.c.creditor_id, shadow_commands.c.at, shadow_commands.c.command_id)

creditors = Table(
    "creditors",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("important_from", Numeric(20, 4), nullable=False),
    Column("whatsapp_up_to", Numeric(20, 4), nullable=False),
    # Null: the default of the installation.
    Column("outreach", Text),
)

policies = Table(
    "policies",
    metadata,
    # '*' holds what the service ships with.
    Column("creditor_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("creditor_id", "name", "version"),
)
