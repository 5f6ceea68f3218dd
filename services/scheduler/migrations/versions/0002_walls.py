"""Row-level security on every table with a creditor: the second wall between creditors."""

from typing import TYPE_CHECKING, cast

from alembic import op

from chassis.db.walls import raise_walls, take_down_walls

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OF_A_CREDITOR = ("creditors", "customers", "invoice_files", "decision_log", "shadow_commands", "policies")


def upgrade() -> None:
    raise_walls(cast("Operations", op), tables=_OF_A_CREDITOR)
    # The policies as they ship are everybody's to read, and nobody's to change.
    op.execute("CREATE POLICY as_shipped ON policies FOR SELECT USING (creditor_id = '*')")


def downgrade() -> None:
    op.execute("DROP POLICY as_shipped ON policies")
    take_down_walls(cast("Operations", op), tables=_OF_A_CREDITOR)
