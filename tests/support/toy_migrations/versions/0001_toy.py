"""The chassis' tables and the toy's two."""

from typing import TYPE_CHECKING, cast

from alembic import op

from chassis.db.schema import create_chassis_tables, drop_chassis_tables, prepare_packed_outbox

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables(cast("Operations", op))
    prepare_packed_outbox(cast("Operations", op))
    op.execute("CREATE TABLE things (thing_id text PRIMARY KEY, times bigint NOT NULL)")
    op.execute("CREATE TABLE owners (owner_id text PRIMARY KEY, version bigint NOT NULL)")
    op.execute("CREATE TABLE switches (name text PRIMARY KEY)")
    op.execute("CREATE TABLE due (at timestamptz NOT NULL)")


def downgrade() -> None:
    op.execute("DROP TABLE things, owners, switches, due")
    drop_chassis_tables(cast("Operations", op))
