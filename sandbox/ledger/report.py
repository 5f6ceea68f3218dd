"""Says aloud how a ledger was read: the notes, then every row that was not used."""

from collections.abc import Iterator

from sandbox.ledger.model import Ledger, printable


def spoken(ledger: Ledger) -> Iterator[str]:
    """Yield one line per note, bad row and duplicate row; none is left out."""
    yield from map(printable, ledger.notes)
    for bad in ledger.bad_rows:
        yield printable(f"bad row, line {bad.line}: {bad.reason}: {bad.excerpt}")
    for again in ledger.duplicate_rows:
        yield printable(
            f"duplicate row, line {again.line}: invoice {again.invoice_id} as on line {again.first_line}"
        )
