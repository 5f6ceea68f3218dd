"""The tables of the service; every one leads with the creditor, so that the database can be spread."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

metadata = MetaData()

_INSTANT = TIMESTAMP(timezone=True)
# 18 digits are read at the door (chassis.kernel.money), at most 4 of them decimals; sums need a few more.
_AMOUNT = Numeric(28, 4)


def _text(name: str, *, default: str | None = None) -> Column[str]:
    server_default = None if default is None else text(f"'{default}'")
    return Column(name, Text, nullable=False, server_default=server_default)


def _amount(name: str, *, default: str | None = None) -> Column[object]:
    return Column(name, _AMOUNT, nullable=False, server_default=None if default is None else text(default))


creditors = Table(
    "creditors",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("versions", JSONB, nullable=False, server_default=text("'[]'")),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("published", JSONB),
    Column("judged_on", Date),
    Column("latest_on", Date),
)

customers = Table(
    "customers",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("known_from", _INSTANT, nullable=False),
    Column("versions", JSONB, nullable=False, server_default=text("'[]'")),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("published", JSONB),
)

# The columns up to ce_source are the version that counts; other versions worth keeping lie in "others".
invoices = Table(
    "invoices",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("invoice_id", Text, primary_key=True),
    _text("customer_id"),
    Column("issued_on", Date, nullable=False),
    Column("due_given", Date),
    _text("currency"),
    _amount("amount"),
    _text("payment_reference"),
    _text("order_reference"),
    _text("document_url"),
    _text("mandate_id"),
    Column("ce_time", _INSTANT, nullable=False),
    _text("ce_id"),
    _text("ce_source"),
    Column("others", JSONB),
    # Normal forms by which money finds the invoice; the number's only where it differs from the id.
    Column("reference_key", Text),
    Column("number_key", Text),
    Column("known_from", _INSTANT, nullable=False),
    Column("in_effect", Boolean, nullable=False),
    Column("due_on", Date, nullable=False),
    _amount("open"),
    _amount("paid", default="0"),
    _amount("credited", default="0"),
    _amount("written_off", default="0"),
    _text("status"),
    Column("settled_on", Date),
    Column("written_off_on", Date),
    Column("reversed_on", Date),
    Column("stops", JSONB),
    _text("no_evidence", default=""),
    Column("version", BigInteger, nullable=False),
    Column("settled_known_at", _INSTANT),
    Index("invoices_customer", "creditor_id", "customer_id", "invoice_id"),
    Index(
        "invoices_reference",
        "creditor_id",
        "reference_key",
        postgresql_where=text("reference_key IS NOT NULL"),
    ),
    Index("invoices_number", "creditor_id", "number_key", postgresql_where=text("number_key IS NOT NULL")),
)

money_facts = Table(
    "money_facts",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("fact_id", Text, primary_key=True),
    Column("versions", JSONB, nullable=False),
    Column("counted", SmallInteger, nullable=False),
    Column("assigned", JSONB),
    Column("in_effect", Boolean, nullable=False),
    Column("unapplied", _AMOUNT, nullable=False),
    _text("owner_id"),
    _text("currency"),
    Column("received_on", Date, nullable=False),
    Column("last_on", Date, nullable=False),
    Index("money_facts_unapplied", "creditor_id", "owner_id", postgresql_where=text("unapplied > 0")),
)

# Names are never taken back: one too many only makes a judgement look at more than it needs.
money_names = Table(
    "money_names",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("fact_id", Text, primary_key=True),
)

movements = Table(
    "movements",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("invoice_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    _text("kind"),
    _text("source_id"),
    Column("moved_on", Date, nullable=False),
    _amount("amount"),
)

agreements = Table(
    "agreements",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("agreement_id", Text, primary_key=True),
    _text("customer_id"),
    _text("kind"),
    Column("invoice_ids", ARRAY(Text), nullable=False),
    Column("body", JSONB, nullable=False),
    _text("state"),
    Column("broken_on", Date),
    Index("agreements_customer", "creditor_id", "customer_id"),
)

broken_days = Table(
    "broken_days",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    _text("customer_id"),
    Column("broken_on", Date, nullable=False),
    Index("broken_days_customer", "creditor_id", "customer_id"),
)

agenda = Table(
    "agenda",
    metadata,
    Column("creditor_id", Text, primary_key=True),
    Column("due_on", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
)

# How far each partition of a payment topic was taken in, by the time of its last record.
taken_in = Table(
    "taken_in",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("up_to", _INSTANT, nullable=False),
)
