"""The first tables: states with their one wake-up, what was said, creditors, and policies as they ship."""

import json
from typing import cast

from alembic import op
from alembic.operations import Operations
from sqlalchemy import text

from chassis.db.schema import create_chassis_tables, drop_chassis_tables
from scheduler.adapters.default_policies import default_policy_data

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """CREATE TABLE customers (
        creditor_id text NOT NULL,
        customer_id text NOT NULL,
        state bytea NOT NULL,
        next_wakeup_at timestamptz,
        decided_at timestamptz,
        said bytea NOT NULL DEFAULT '',
        PRIMARY KEY (creditor_id, customer_id)
    ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02)""",
    # Plain btree on the due column: the poll with nothing due is one probe, whatever the number of customers.
    """CREATE INDEX customers_next_wakeup ON customers (next_wakeup_at, creditor_id, customer_id)
        WHERE next_wakeup_at IS NOT NULL""",
    "ALTER TABLE customers ALTER COLUMN state SET STORAGE MAIN",
    """CREATE TABLE invoice_files (
        creditor_id text NOT NULL,
        invoice_id text NOT NULL,
        customer_id text NOT NULL,
        version bigint NOT NULL,
        status text NOT NULL,
        settled_on date,
        history bytea,
        PRIMARY KEY (creditor_id, invoice_id)
    )""",
    """CREATE TABLE decision_log (
        creditor_id text NOT NULL,
        customer_id text NOT NULL,
        position bigint GENERATED ALWAYS AS IDENTITY,
        day date NOT NULL,
        at timestamptz NOT NULL,
        policy_name text NOT NULL,
        policy_version bigint NOT NULL,
        reasons bytea NOT NULL,
        PRIMARY KEY (creditor_id, customer_id, position)
    )""",
    """CREATE TABLE shadow_commands (
        creditor_id text NOT NULL,
        command_id text NOT NULL,
        customer_id text NOT NULL,
        at timestamptz NOT NULL,
        command jsonb NOT NULL,
        PRIMARY KEY (creditor_id, command_id)
    )""",
    "CREATE INDEX shadow_commands_at ON shadow_commands (creditor_id, at, command_id)",
    """CREATE TABLE creditors (
        creditor_id text PRIMARY KEY,
        version bigint NOT NULL,
        timezone text NOT NULL,
        language text NOT NULL,
        important_from numeric(20, 4) NOT NULL,
        whatsapp_up_to numeric(20, 4) NOT NULL,
        outreach text
    )""",
    """CREATE TABLE policies (
        creditor_id text NOT NULL,
        name text NOT NULL,
        version bigint NOT NULL,
        data jsonb NOT NULL,
        author text NOT NULL,
        created_at timestamptz,
        PRIMARY KEY (creditor_id, name, version)
    )""",
)
_SEED = text(
    "INSERT INTO policies (creditor_id, name, version, data, author)"
    " VALUES ('*', :name, 1, CAST(:data AS jsonb), 'Velvet')"
)


def upgrade() -> None:
    create_chassis_tables(cast("Operations", op))
    for statement in _TABLES:
        op.execute(statement)
    for name, data in default_policy_data().items():
        op.execute(_SEED.bindparams(name=name, data=json.dumps(data)))


def downgrade() -> None:
    for table in (
        "policies",
        "creditors",
        "shadow_commands",
        "decision_log",
        "invoice_files",
        "customers",
    ):
        op.execute(f"DROP TABLE {table}")
    drop_chassis_tables(cast("Operations", op))
