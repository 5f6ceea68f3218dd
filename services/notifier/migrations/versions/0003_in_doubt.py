"""An index on the messages that are in doubt, for those who watch them."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX contacts_ambiguous ON contacts (at) WHERE state = 'AMBIGUOUS'")


def downgrade() -> None:
    op.execute("DROP INDEX contacts_ambiguous")
