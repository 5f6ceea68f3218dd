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

_OF_A_CREDITOR = (
    "creditors",
    "customers",
    "invoices",
    "money_facts",
    "money_names",
    "movements",
    "agreements",
    "broken_days",
    "agenda",
)


def upgrade() -> None:
    raise_walls(cast("Operations", op), tables=_OF_A_CREDITOR)


def downgrade() -> None:
    take_down_walls(cast("Operations", op), tables=_OF_A_CREDITOR)
