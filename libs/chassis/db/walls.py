"""Row-level security: what a service's migrations declare so that PostgreSQL itself keeps creditors apart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alembic.operations import Operations

POLICY: Final = "of_the_caller"
_CHASSIS_TABLES: Final = ("idempotency_keys",)
# Read once per statement, not once per row. Not set, or set to nothing: no row is anybody's.
_SCOPE: Final = "(SELECT current_setting('app.creditor', true))"
_EVERYBODY: Final = f"{_SCOPE} = '*'"
_THE_CALLERS: Final = f"creditor_id = {_SCOPE} OR {_EVERYBODY}"


def raise_walls(op: "Operations", *, tables: Sequence[str]) -> None:
    """Let only the rows of the connection's creditor be seen and written, by the tables' owner too.

    ``tables`` are the service's own with a ``creditor_id``; the chassis' are seen to here. A role with BYPASSRLS
    (the consumer's) does not meet these policies; one without it says ``app.creditor = '*'`` to work for all.
    """
    for table in (*tables, *_CHASSIS_TABLES):
        _force(op, table)
        op.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
        op.execute(f"CREATE POLICY {POLICY} ON {table} USING ({_THE_CALLERS})")
    # Messages of all creditors wait here: a caller's transaction adds its own and reads none.
    _force(op, "outbox")
    op.execute("CREATE POLICY may_be_added ON outbox FOR INSERT WITH CHECK (true)")
    op.execute(f"CREATE POLICY of_the_relay ON outbox USING ({_EVERYBODY})")


def take_down_walls(op: "Operations", *, tables: Sequence[str]) -> None:
    """Undo ``raise_walls``."""
    op.execute("DROP POLICY may_be_added ON outbox")
    op.execute("DROP POLICY of_the_relay ON outbox")
    for table in (*tables, *_CHASSIS_TABLES):
        op.execute(f"DROP POLICY {POLICY} ON {table}")
    for table in (*tables, *_CHASSIS_TABLES, "outbox"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _force(op: "Operations", table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
