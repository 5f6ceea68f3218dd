"""The classifier's tables as SQLAlchemy Core sees them; the migrations make them, a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    or_,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

creditors = Table(
    "creditors",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("timezone", Text, nullable=False),
    # The latest date among its facts: answers are dated by it while the sandbox has no time.
    Column("latest_on", Date),
    # The portfolio's lateness distribution, frozen at the beginning of prior_on.
    Column("prior_on", Date),
    Column("prior", ARRAY(Double), nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    # The whole state (domain/customer.py) in MessagePack; the other columns are drawn from it for queries.
    Column("state", LargeBinary, nullable=False),
    # Null: nothing of this customer is in effect.
    Column("first_on", Date),
    Column("last_on", Date),
    # First day (creditor's time) on which time alone changes something.
    Column("next_change_on", Date),
    Column("tier", Text, nullable=False),
    Column("unknown", Boolean, nullable=False),
    # Open undisputed invoices more than 30 effective days overdue.
    Column("too_long_overdue", Integer, nullable=False),
    # Day of the last change of tier, when that was a fall.
    Column("fell_on", Date),
    # Own lateness distribution in millionths, with and without last_on: what the portfolio's is summed from.
    Column("shares", ARRAY(Integer), nullable=False),
    Column("shares_before", ARRAY(Integer), nullable=False),
    PrimaryKeyConstraint("creditor_id", "customer_id"),
)
Index(
    "customers_next_change",
    customers.c.creditor_id,
    customers.c.next_change_on,
    postgresql_where=customers.c.next_change_on.is_not(None),
)

preferences = Table(
    "preferences",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("preferred", JSONB, nullable=False),
    PrimaryKeyConstraint("creditor_id", "customer_id"),
)

invoices = Table(
    "invoices",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("invoice_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    # domain/evidence.py Outcome.
    Column("outcome", SmallInteger, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("effective_due_on", Date, nullable=False),
    Column("settled_on", Date),
    Column("lateness", Integer, nullable=False),
    # [[id, since, until], …], days as ordinals.
    Column("disputes", JSONB),
    Column("next_fact_on", Date),
    # Open and undisputed when last looked at.
    Column("owed", Boolean, nullable=False),
    PrimaryKeyConstraint("creditor_id", "invoice_id"),
)
Index("invoices_customer", invoices.c.creditor_id, invoices.c.customer_id)
Index(
    "invoices_open",
    invoices.c.creditor_id,
    invoices.c.customer_id,
    postgresql_include=["next_fact_on", "effective_due_on", "owed"],
    postgresql_where=or_(invoices.c.outcome == 1, invoices.c.next_fact_on.is_not(None)),
)

tier_changes = Table(
    "tier_changes",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("changed_on", Date, nullable=False),
    # domain/tier.py Decision in MessagePack.
    Column("decision", LargeBinary, nullable=False),
    PrimaryKeyConstraint("creditor_id", "customer_id", "changed_on"),
)

pins = Table(
    "pins",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("tier", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("creditor_id", "customer_id", "number"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("creditor_id", Text, nullable=False),
    Column("contact_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("invoice_ids", ARRAY(Text), nullable=False),
    PrimaryKeyConstraint("creditor_id", "contact_id"),
)
Index("contacts_customer", contacts.c.creditor_id, contacts.c.customer_id)
