"""Tryton's dunning on a database of its own, in a process of its own: says how much it does per second.

Run as `python -m bench.peer_tryton postgresql://user:password@host:port/ <SMTP port>`; the database `tryton` is made
with Tryton's own modules, chart of accounts and client, then filled with overdue lines.
"""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

LINES = 2000
MAILS = 100
_DATABASE = "tryton"
_MODULES = "country currency party company account account_dunning account_dunning_letter account_dunning_email".split()
_OVERDUE_DAYS = 20


def main() -> None:
    """Prepare, then answer each line of standard input: `dunnings` or `mails`, measured once."""
    uri, smtp_port = sys.argv[1:3]
    _configure(uri, smtp_port)
    _create()
    _fill()
    print("ready", flush=True)
    for line in sys.stdin:
        per_s = {"dunnings": _dunnings_per_s, "mails": _mails_per_s}[line.strip()]()
        print(f"rate {per_s}", flush=True)


def _configure(uri: str, smtp_port: str) -> None:
    from trytond import config  # noqa: PLC0415 - its modules read the configuration when they are imported

    config.set("database", "uri", uri)
    config.set("email", "uri", f"smtp://127.0.0.1:{smtp_port}")
    config.set("email", "from", "peer@bench.example")


def _create() -> None:
    """Make the database and activate the modules, as `trytond-admin` does."""
    from trytond.pool import Pool  # noqa: PLC0415
    from trytond.transaction import Transaction  # noqa: PLC0415

    with Transaction().start(None, 0, close=True, autocommit=True) as transaction:
        transaction.database.create(transaction.connection, _DATABASE)
    with Transaction().start(_DATABASE, 0, close=True) as transaction:
        transaction.database.init()
    Pool.start()
    Pool(_DATABASE).init(update=["res", "ir"], lang=["en"])
    with Transaction().start(_DATABASE, 0) as transaction:
        user = Pool(_DATABASE).get("res.user")
        made, *_ = user.create([{"login": "admin", "name": "Administrator", "administrator": True}])
        # Tryton's own tools rely on the administrator being the first user.
        table = user.__table__()
        transaction.connection.cursor().execute(*table.update([table.id], [1], where=table.id == made.id))
        Pool(_DATABASE).get("ir.module").update_list()
        transaction.commit()
    Pool(_DATABASE).init(update=_MODULES, lang=["en"])
    from proteus import config as client  # noqa: PLC0415
    from trytond.modules.account.tests.tools import create_chart, create_fiscalyear  # noqa: PLC0415
    from trytond.modules.company.tests.tools import create_company  # noqa: PLC0415

    client.set_trytond(_DATABASE, user="admin")
    create_company()
    create_chart()
    create_fiscalyear().click("create_period")


def _fill() -> None:
    """Make overdue receivable lines, one per party, with a procedure that mails at its first level."""
    _in_tryton(_fill_all)


def _fill_all(get: Any) -> None:
    """Make one customer with one overdue line by Tryton itself, and copy their rows: its own way takes minutes."""
    on = _today() - timedelta(days=_OVERDUE_DAYS)
    procedure = get("account.dunning.procedure")(name="Bench")
    procedure.levels = [get("account.dunning.level")(overdue=timedelta(5), send_email=True)]
    procedure.save()
    mail = {"type": "other", "value": "customer@bench.example"}
    customer = {
        "name": "Customer",
        "dunning_procedure": procedure.id,
        "contact_mechanisms": [("create", [mail])],
    }
    (party,) = get("party.party").create([customer])
    account = get("account.account")
    amount = Decimal(100)
    owed = {
        "account": account.search([("type.receivable", "=", True), ("closed", "!=", True)])[0].id,
        "debit": amount,
        "credit": Decimal(0),
        "party": party.id,
        "maturity_date": on,
    }
    earned = {
        "account": account.search([("type.revenue", "=", True), ("closed", "!=", True)])[0].id,
        "credit": amount,
        "debit": Decimal(0),
    }
    period = get("account.period").search([("start_date", "<=", on), ("end_date", ">=", on)])[0]
    journal = get("account.journal").search([("code", "=", "REV")])[0]
    move = {"period": period.id, "journal": journal.id, "date": on, "lines": [("create", [owed, earned])]}
    (moved,) = get("account.move").create([move])
    _copy(party=party.id, move=moved.id)


def _copy(*, party: int, move: int) -> None:
    """Copy a customer and its move, with all that hangs on them, until there are enough lines."""
    from trytond.transaction import Transaction  # noqa: PLC0415

    cursor = Transaction().connection.cursor()
    # As an e-mail address it would be looked up in the DNS, and nothing here leaves the loopback.
    cursor.execute("UPDATE party_contact_mechanism SET type = 'email'")
    parties = _copies(cursor, "party_party", where=("id", party), changes={"code": "'B' || n"})
    moves = _copies(cursor, "account_move", where=("id", move), changes={"number": "NULL"})
    for table, where, owners in (
        ("party_contact_mechanism", ("party", party), {"party": parties}),
        ("party_party_dunning_procedure", ("party", party), {"party": parties}),
        ("account_move_line", ("move", move), {"move": moves, "party": parties}),
    ):
        changes = {column: f"CASE WHEN {column} IS NOT NULL THEN (%s::int[])[n] END" for column in owners}
        _copies(cursor, table, where=where, changes=changes, values=list(owners.values()))


def _copies(
    cursor: Any,
    table: str,
    *,
    where: tuple[str, int],
    changes: dict[str, str],
    values: Sequence[list[int]] = (),
) -> list[int]:
    """Insert copies of the rows, some columns changed (``n`` counts the copies); returns the ids of the new rows."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'",
        (table,),
    )
    columns = sorted(
        (name for (name,) in cursor.fetchall()),
        key=lambda name: list(changes).index(name) if name in changes else 99,
    )
    names = ", ".join(f'"{name}"' for name in columns)
    given = ", ".join(changes.get(name, f'"{name}"') for name in columns)
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {given} FROM {table}, generate_series(1, {LINES - 1}) AS n"
        f' WHERE "{where[0]}" = %s ORDER BY n, id RETURNING id',
        [*values, where[1]],
    )
    return [made for (made,) in cursor.fetchall()]


def _dunnings_per_s() -> float:
    """Generate the dunnings of all lines, as the daily run does; those of the time before are taken out first."""
    _in_tryton(lambda get: get("account.dunning").delete(get("account.dunning").search([])))
    started = time.perf_counter()
    _in_tryton(lambda get: get("account.dunning").generate_dunnings(date=_today()))
    elapsed_s = time.perf_counter() - started
    made = _in_tryton(lambda get: get("account.dunning").search([], count=True))
    if made != LINES:
        raise RuntimeError(f"Tryton made {made} dunnings of {LINES} lines")
    return LINES / elapsed_s


def _mails_per_s() -> float:
    """Process some of the dunnings: each is mailed, and the mail is recorded, in one transaction."""
    if _in_tryton(lambda get: get("account.dunning").search([("state", "=", "draft")], count=True)) < MAILS:
        _dunnings_per_s()
    started = time.perf_counter()
    _in_tryton(_process)
    return MAILS / (time.perf_counter() - started)


def _process(get: Any) -> None:
    from trytond.transaction import Transaction  # noqa: PLC0415

    dunnings = get("account.dunning").search([("state", "=", "draft")], limit=MAILS)
    wizard = get("account.dunning.process", "wizard")
    session_id, _, _ = wizard.create()
    with Transaction().set_context(
        active_model="account.dunning", active_ids=[d.id for d in dunnings], active_id=dunnings[0].id
    ):
        wizard.execute(session_id, {}, "process")


def _today() -> date:
    return datetime.now(UTC).date()


def _in_tryton(work: Any) -> Any:
    """Run ``work`` in one committed transaction as the administrator."""
    from trytond.pool import Pool  # noqa: PLC0415
    from trytond.transaction import Transaction, TransactionError  # noqa: PLC0415

    extras: dict[str, Any] = {}

    def get(name: str, kind: str = "model") -> Any:
        return Pool().get(name, type=kind)

    while True:
        with Transaction().start(_DATABASE, 1, close=True, **extras) as transaction:
            try:
                with transaction.set_context(get_context(Pool())):
                    result = work(get)
            except TransactionError as error:
                # It asks to be begun again with a table locked: so does every door of Tryton's.
                transaction.rollback()
                transaction.tasks.clear()
                error.fix(extras)
                continue
            transaction.commit()
        return result


def get_context(pool: Any) -> dict[str, Any]:
    """Return the administrator's preferences: the company above all."""
    return dict(pool.get("res.user").get_preferences(context_only=True))


if __name__ == "__main__":
    main()
