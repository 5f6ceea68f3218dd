"""The first tables: behaviour and tier per customer, what each invoice says, pins, contacts, creditors."""

from typing import TYPE_CHECKING, cast

from alembic import op

from chassis.db.schema import create_chassis_tables, drop_chassis_tables

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """CREATE TABLE creditors (
        creditor_id text PRIMARY KEY,
        version bigint NOT NULL,
        timezone text NOT NULL,
        latest_on date,
        prior_on date,
        prior float8[] NOT NULL
    ) WITH (fillfactor = 50)""",
    # One row per customer, rewritten at every fact of that customer: room for updates in place.
    """CREATE TABLE customers (
        creditor_id text NOT NULL,
        customer_id text NOT NULL,
        state bytea NOT NULL,
        first_on date,
        last_on date,
        next_change_on date,
        tier text NOT NULL,
        unknown boolean NOT NULL,
        too_long_overdue integer NOT NULL,
        fell_on date,
        shares integer[] NOT NULL,
        shares_before integer[] NOT NULL,
        PRIMARY KEY (creditor_id, customer_id)
    ) WITH (fillfactor = 70)""",
    "CREATE INDEX customers_next_change ON customers (creditor_id, next_change_on) WHERE next_change_on IS NOT NULL",
    """CREATE TABLE preferences (
        creditor_id text NOT NULL,
        customer_id text NOT NULL,
        preferred jsonb NOT NULL,
        PRIMARY KEY (creditor_id, customer_id)
    )""",
    """CREATE TABLE invoices (
        creditor_id text NOT NULL,
        invoice_id text NOT NULL,
        customer_id text NOT NULL,
        version bigint NOT NULL,
        outcome smallint NOT NULL,
        issued_on date NOT NULL,
        due_on date NOT NULL,
        effective_due_on date NOT NULL,
        settled_on date,
        lateness integer NOT NULL,
        disputes jsonb,
        next_fact_on date,
        owed boolean NOT NULL,
        PRIMARY KEY (creditor_id, invoice_id)
    ) WITH (fillfactor = 80)""",
    "CREATE INDEX invoices_customer ON invoices (creditor_id, customer_id)",
    # What the open invoices of a customer say together, without reading the settled ones.
    """CREATE INDEX invoices_open ON invoices (creditor_id, customer_id)
        INCLUDE (next_fact_on, effective_due_on, owed) WHERE outcome = 1 OR next_fact_on IS NOT NULL""",
    """CREATE TABLE tier_changes (
        creditor_id text NOT NULL,
        customer_id text NOT NULL,
        changed_on date NOT NULL,
        decision bytea NOT NULL,
        PRIMARY KEY (creditor_id, customer_id, changed_on)
    )""",
    """CREATE TABLE pins (
        creditor_id text NOT NULL,
        customer_id text NOT NULL,
        number integer NOT NULL,
        tier text NOT NULL,
        reason text NOT NULL,
        author text NOT NULL,
        at timestamptz NOT NULL,
        expires_on date NOT NULL,
        ended_at timestamptz,
        PRIMARY KEY (creditor_id, customer_id, number)
    )""",
    """CREATE TABLE contacts (
        creditor_id text NOT NULL,
        contact_id text NOT NULL,
        customer_id text NOT NULL,
        version bigint NOT NULL,
        channel text NOT NULL,
        at timestamptz NOT NULL,
        invoice_ids text[] NOT NULL,
        PRIMARY KEY (creditor_id, contact_id)
    )""",
    "CREATE INDEX contacts_customer ON contacts (creditor_id, customer_id)",
)


def upgrade() -> None:
    create_chassis_tables(cast("Operations", op))
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in ("contacts", "pins", "tier_changes", "invoices", "preferences", "customers", "creditors"):
        op.execute(f"DROP TABLE {table}")
    drop_chassis_tables(cast("Operations", op))
