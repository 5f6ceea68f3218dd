"""Since when it has been known that an invoice is settled: what "sent after payment" is measured by."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a default: the table is not rewritten, and code that does not know the column goes on.
    op.execute("ALTER TABLE invoices ADD COLUMN settled_known_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE invoices DROP COLUMN settled_known_at")
