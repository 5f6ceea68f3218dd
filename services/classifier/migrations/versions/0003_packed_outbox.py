"""The outbox may hold many messages in a row."""

from typing import TYPE_CHECKING, cast

from alembic import op

from chassis.db.schema import leave_packed_outbox, prepare_packed_outbox

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    prepare_packed_outbox(cast("Operations", op))


def downgrade() -> None:
    leave_packed_outbox(cast("Operations", op))
