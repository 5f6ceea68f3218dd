"""Open items: facts, what follows from them, and what was agreed about them."""

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
        versions jsonb NOT NULL DEFAULT '[]',
        version bigint NOT NULL DEFAULT 0,
        published jsonb,
        judged_on date,
        latest_on date
    )""",
    """CREATE TABLE customers (
        creditor_id text NOT NULL,
        customer_id text NOT NULL,
        known_from timestamptz NOT NULL,
        versions jsonb NOT NULL DEFAULT '[]',
        version bigint NOT NULL DEFAULT 0,
        published jsonb,
        PRIMARY KEY (creditor_id, customer_id)
    )""",
    """CREATE TABLE invoices (
        creditor_id text NOT NULL,
        invoice_id text NOT NULL,
        customer_id text NOT NULL,
        issued_on date NOT NULL,
        due_given date,
        currency text NOT NULL,
        amount numeric(28, 4) NOT NULL,
        payment_reference text NOT NULL,
        order_reference text NOT NULL,
        document_url text NOT NULL,
        mandate_id text NOT NULL,
        ce_time timestamptz NOT NULL,
        ce_id text NOT NULL,
        ce_source text NOT NULL,
        others jsonb,
        reference_key text,
        number_key text,
        known_from timestamptz NOT NULL,
        in_effect boolean NOT NULL,
        due_on date NOT NULL,
        open numeric(28, 4) NOT NULL,
        paid numeric(28, 4) NOT NULL DEFAULT 0,
        credited numeric(28, 4) NOT NULL DEFAULT 0,
        written_off numeric(28, 4) NOT NULL DEFAULT 0,
        status text NOT NULL,
        settled_on date,
        written_off_on date,
        reversed_on date,
        stops jsonb,
        no_evidence text NOT NULL DEFAULT '',
        version bigint NOT NULL,
        PRIMARY KEY (creditor_id, invoice_id)
    )""",
    "CREATE INDEX invoices_customer ON invoices (creditor_id, customer_id, invoice_id)",
    "CREATE INDEX invoices_reference ON invoices (creditor_id, reference_key) WHERE reference_key IS NOT NULL",
    "CREATE INDEX invoices_number ON invoices (creditor_id, number_key) WHERE number_key IS NOT NULL",
    """CREATE TABLE money_facts (
        creditor_id text NOT NULL,
        kind text NOT NULL,
        fact_id text NOT NULL,
        versions jsonb NOT NULL,
        counted smallint NOT NULL,
        assigned jsonb,
        in_effect boolean NOT NULL,
        unapplied numeric(28, 4) NOT NULL,
        owner_id text NOT NULL,
        currency text NOT NULL,
        received_on date NOT NULL,
        last_on date NOT NULL,
        PRIMARY KEY (creditor_id, kind, fact_id)
    )""",
    "CREATE INDEX money_facts_unapplied ON money_facts (creditor_id, owner_id) WHERE unapplied > 0",
    """CREATE TABLE money_names (
        creditor_id text NOT NULL,
        key text NOT NULL,
        kind text NOT NULL,
        fact_id text NOT NULL,
        PRIMARY KEY (creditor_id, key, kind, fact_id)
    )""",
    """CREATE TABLE movements (
        creditor_id text NOT NULL,
        invoice_id text NOT NULL,
        position integer NOT NULL,
        kind text NOT NULL,
        source_id text NOT NULL,
        moved_on date NOT NULL,
        amount numeric(28, 4) NOT NULL,
        PRIMARY KEY (creditor_id, invoice_id, position)
    )""",
    """CREATE TABLE agreements (
        creditor_id text NOT NULL,
        agreement_id text NOT NULL,
        customer_id text NOT NULL,
        kind text NOT NULL,
        invoice_ids text[] NOT NULL,
        body jsonb NOT NULL,
        state text NOT NULL,
        broken_on date,
        PRIMARY KEY (creditor_id, agreement_id)
    )""",
    "CREATE INDEX agreements_customer ON agreements (creditor_id, customer_id)",
    """CREATE TABLE broken_days (
        creditor_id text NOT NULL,
        source_id text NOT NULL,
        customer_id text NOT NULL,
        broken_on date NOT NULL,
        PRIMARY KEY (creditor_id, source_id)
    )""",
    "CREATE INDEX broken_days_customer ON broken_days (creditor_id, customer_id)",
    """CREATE TABLE agenda (
        creditor_id text NOT NULL,
        due_on date NOT NULL,
        kind text NOT NULL,
        key text NOT NULL,
        PRIMARY KEY (creditor_id, due_on, kind, key)
    )""",
    """CREATE TABLE taken_in (
        topic text NOT NULL,
        partition integer NOT NULL,
        up_to timestamptz NOT NULL,
        PRIMARY KEY (topic, partition)
    )""",
)
_OF_A_CREDITOR = (
    "creditors customers invoices money_facts money_names movements agreements broken_days agenda".split()
)
# Without app.creditor (the consumer and the tick work for all) every row is seen; an API call sets it.
_ONLY_THE_CALLERS = "coalesce(current_setting('app.creditor', true), '') IN ('', creditor_id)"


def upgrade() -> None:
    create_chassis_tables(cast("Operations", op))
    for statement in _TABLES:
        op.execute(statement)
    for table in _OF_A_CREDITOR:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_the_caller ON {table} USING ({_ONLY_THE_CALLERS})")


def downgrade() -> None:
    for table in ("taken_in", *reversed(_OF_A_CREDITOR)):
        op.execute(f"DROP TABLE {table}")
    drop_chassis_tables(cast("Operations", op))
