"""The first tables: contacts with their deliveries and tasks, what came back, consent, and both parties."""

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
        details jsonb NOT NULL
    )""",
    """CREATE TABLE customers (
        creditor_id text NOT NULL,
        customer_id text NOT NULL,
        version bigint NOT NULL,
        details jsonb NOT NULL,
        PRIMARY KEY (creditor_id, customer_id)
    )""",
    """CREATE TABLE consents (
        creditor_id text NOT NULL,
        customer_id text NOT NULL,
        channel text NOT NULL,
        allowed boolean NOT NULL,
        source text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (creditor_id, customer_id, channel)
    )""",
    """CREATE TABLE suppressed_addresses (
        creditor_id text NOT NULL,
        address text NOT NULL,
        reason text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (creditor_id, address)
    )""",
    # One row per command: a message with its delivery, or a task. A CALL is both a contact and a task.
    """CREATE TABLE contacts (
        creditor_id text NOT NULL,
        contact_id text NOT NULL,
        customer_id text NOT NULL,
        action text NOT NULL,
        channel text NOT NULL,
        invoice_ids text[] NOT NULL,
        decided_at timestamptz NOT NULL,
        command jsonb NOT NULL,
        version bigint NOT NULL,
        state text NOT NULL,
        at timestamptz NOT NULL,
        not_before timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        why text NOT NULL DEFAULT '',
        token bigint NOT NULL DEFAULT 0,
        owner text NOT NULL DEFAULT '',
        lease_until timestamptz,
        called_at timestamptz,
        provider text NOT NULL DEFAULT '',
        recipient text NOT NULL DEFAULT '',
        recipient_name text NOT NULL DEFAULT '',
        subject text NOT NULL DEFAULT '',
        text text NOT NULL DEFAULT '',
        provider_message_id text NOT NULL DEFAULT '',
        status text NOT NULL DEFAULT '',
        task_state text NOT NULL DEFAULT '',
        assignee text NOT NULL DEFAULT '',
        PRIMARY KEY (creditor_id, contact_id)
    ) WITH (fillfactor = 80)""",
    "CREATE INDEX contacts_timeline ON contacts (creditor_id, decided_at, contact_id)",
    "CREATE INDEX contacts_customer ON contacts (creditor_id, customer_id, decided_at, contact_id)",
    "CREATE INDEX contacts_invoices ON contacts USING gin (invoice_ids)",
    "CREATE INDEX contacts_pending ON contacts (not_before) WHERE state = 'PENDING'",
    "CREATE INDEX contacts_sending ON contacts (creditor_id, customer_id) WHERE state IN ('CLAIMED', 'CALLING')",
    "CREATE INDEX contacts_by_id ON contacts (contact_id)",
    "CREATE INDEX contacts_provider_message ON contacts (provider_message_id) WHERE provider_message_id <> ''",
    "CREATE INDEX contacts_recipient ON contacts (lower(recipient)) WHERE recipient <> ''",
    "CREATE INDEX contacts_tasks ON contacts (creditor_id, task_state, decided_at, contact_id) WHERE task_state <> ''",
    """CREATE TABLE contact_events (
        creditor_id text NOT NULL,
        contact_id text NOT NULL,
        kind text NOT NULL,
        detail text NOT NULL,
        at timestamptz NOT NULL,
        position bigint GENERATED ALWAYS AS IDENTITY,
        PRIMARY KEY (creditor_id, contact_id, kind, detail)
    )""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    create_chassis_tables(cast("Operations", op))


def downgrade() -> None:
    drop_chassis_tables(cast("Operations", op))
    for table in ("contact_events", "contacts", "suppressed_addresses", "consents", "customers", "creditors"):
        op.execute(f"DROP TABLE {table}")
