"""Whatever the format a ledger is written in, it reads back the same; whatever the bytes, nothing crashes."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.ledger.model import LedgerError
from sandbox.ledger.read import parse_ledger
from sandbox.ledger.report import spoken

HEADERS = ("Klantnr", "Factuurnr", "Factuurdatum", "Vervaldatum", "Betaaldatum", "Bedrag", "Betwist")
DATE_FORMATS = (
    "%Y-%m-%d",
    "%d-%m-%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%Y%m%d",
    "%Y-%m-%d 00:00:00",
)
# Rows that fix the format, as any real ledger of some length holds: a day after the 12th and a cent.
ANCHOR = ("anchor", date(2024, 1, 31), 30, 3, Decimal("1234.56"), False)

Row = tuple[str, date, int, int | None, Decimal, bool]

ROWS = st.lists(
    st.tuples(
        st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12),
        st.dates(date(1990, 1, 1), date(2090, 1, 1)),
        st.integers(0, 400),
        st.none() | st.integers(-30, 400),
        st.decimals(-10_000_000, 10_000_000, places=2),
        st.booleans(),
    ),
    max_size=12,
)


def _decimal(amount: Decimal, mark: str, *, thousands: str) -> str:
    text = f"{amount:{thousands}.2f}"
    return text if mark == "." else text.translate(str.maketrans(",.", ".,"))


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    date_format=st.sampled_from(DATE_FORMATS),
    mark=st.sampled_from(".,"),
    thousands=st.sampled_from(("", ",")),
    dialect=st.tuples(
        st.sampled_from(",;\t|"),
        st.sampled_from(("utf-8", "utf-8-sig", "utf-16")),
        st.sampled_from(("\n", "\r\n")),
    ),
)
def test_a_ledger_reads_back_as_it_was_written(
    rows: list[Row], date_format: str, mark: str, thousands: str, dialect: tuple[str, str, str]
) -> None:
    delimiter, encoding, line_end = dialect
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(HEADERS)
    written = [ANCHOR, *rows]
    expected = []
    for number, (customer, issued_on, term, late, amount, disputed) in enumerate(written):
        due_on = issued_on + timedelta(days=term)
        paid_on = None if late is None else due_on + timedelta(days=late)
        expected.append((customer, f"F-{number}", issued_on, due_on, paid_on, amount + 0, disputed))
        days = [day.strftime(date_format) if day else "" for day in (issued_on, due_on, paid_on)]
        money = _decimal(amount + 0, mark, thousands=thousands)
        writer.writerow([customer, f"F-{number}", *days, money, "ja" if disputed else "nee"])

    ledger = parse_ledger(out.getvalue().encode(encoding))

    assert ledger.bad_rows == ()
    found = [
        (row.customer_id, row.invoice_id, row.issued_on, row.due_on, row.paid_on, row.amount, row.disputed)
        for row in ledger.rows
    ]
    assert found == expected


def _never_crashes(content: bytes) -> None:
    try:
        ledger = parse_ledger(content)
    except LedgerError:
        # One clear sentence instead of a ledger is an answer too.
        return
    counts = ledger.counts
    assert counts.rows == counts.used + counts.bad + counts.duplicates
    assert len(list(spoken(ledger))) >= counts.bad + counts.duplicates


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_crash(content: bytes) -> None:
    _never_crashes(content)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.binary(max_size=60) | st.sampled_from([b'"', b",", b"\n", b"\r", b"\0", b"1/2/2024", b"1.234,5"])
    )
)
def test_arbitrary_bytes_under_a_good_header_never_crash(parts: list[bytes]) -> None:
    _never_crashes(",".join(HEADERS).encode() + b"\n" + b",".join(parts))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), min_size=7, max_size=7), max_size=8))
def test_arbitrary_fields_never_crash(rows: list[list[str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADERS)
    writer.writerows(rows)
    _never_crashes(out.getvalue().encode("utf-8", "replace"))
