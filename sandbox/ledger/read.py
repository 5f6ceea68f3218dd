"""Reads anyone's ledger CSV into invoices, naming every row that it cannot use."""

import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.ledger.amounts import detect_mark, written_of
from sandbox.ledger.columns import Columns, find_columns
from sandbox.ledger.dates import detect_dates, is_no_date, shape_of
from sandbox.ledger.decoding import decode
from sandbox.ledger.layout import Layout, lay_out
from sandbox.ledger.model import BadRow, Counts, DuplicateRow, Ledger, LedgerError, LedgerRow
from sandbox.ledger.parties import CONTACT_ROLES, CUSTOMER_ROLES, country_code, customer_fields
from sandbox.ledger.records import Record, excerpt_of
from sandbox.ledger.rows import DEFAULT_CURRENCY, RowFault, RowReader

LEDGER_BYTES_MAX = 512 * 1024 * 1024
_SAMPLE_ROWS_MAX = 2_000
_NAMES_MAX, _NAME_CHARS_MAX = 60, 60
_DATE_ROLES = ("issued", "due", "paid", "disputed_on")
_NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
"""How .xlsx, .ods and .zip begin, how .xls does, and how .gz does."""


def read_ledger(path: Path | str, *, mapping: Mapping[str, str] | None = None) -> Ledger:
    """Read a CSV file; raise LedgerError with one clear sentence when the file as a whole cannot be used."""
    where = Path(path)
    try:
        found = where.stat()
        if not stat.S_ISREG(found.st_mode):
            # A pipe that nobody writes into, or a device without an end, would be read for ever.
            raise LedgerError(f"'{path}' is no file: name a CSV file")
        size = found.st_size
        if size > LEDGER_BYTES_MAX:
            raise LedgerError(f"'{path}' has {size} bytes: at most {LEDGER_BYTES_MAX} are read")
        content = where.read_bytes()
    except OSError as error:
        raise LedgerError(f"'{path}' cannot be read: {error.strerror}") from error
    return parse_ledger(content, mapping=mapping)


def parse_ledger(content: bytes, *, mapping: Mapping[str, str] | None = None) -> Ledger:
    """Read the bytes of a CSV file; raise LedgerError when no header, or not every required column, is found."""
    if content.startswith(_NO_TEXT):
        raise LedgerError("the file is a workbook or an archive: save the sheet as CSV")
    text, encoding = decode(content)
    layout = lay_out(text, mapping=mapping or {})
    sample = [record for record in layout.body[:_SAMPLE_ROWS_MAX] if not record.fault]
    columns = find_columns(
        layout.header,
        mapping=mapping or {},
        looks_right=lambda role, index: _looks_right(role, [record.fields[index] for record in sample]),
    )
    reader, formats = _reader(layout.body, columns)
    notes = [encoding, *layout.notes, *_columns_said(layout, columns), *formats]
    return _collect(layout.body, reader, notes)


def _looks_right(role: str, values: Sequence[str]) -> bool:
    said = [value for value in values if value.strip()]
    if role == "amount":
        fits = sum(written_of(value) is not None for value in said)
    elif role == "country":
        fits = sum(country_code(value) != "" for value in said)
    else:
        said = [value for value in said if not is_no_date(value)]
        fits = sum(shape_of(value) is not None for value in said)
    return 2 * fits >= len(said)


def _reader(body: Sequence[Record], columns: Columns) -> tuple[RowReader, list[str]]:
    """Detect the formats over every sound row."""
    sound = [record.fields for record in body if not record.fault]
    roles = [role for role in _DATE_ROLES if role in columns.at]
    dates = detect_dates({role: [fields[columns.at[role]] for fields in sound] for role in roles})
    mark = detect_mark(fields[columns.at["amount"]] for fields in sound)
    return RowReader(at=columns.at, orders=dates.orders, mark=mark.mark), [*dates.notes, mark.note]


def _columns_said(layout: Layout, columns: Columns) -> list[str]:
    chosen = ", ".join(f"{role}='{layout.header[index]}'" for role, index in columns.at.items())
    unused = [name for index, name in enumerate(layout.header) if index not in columns.at.values()]
    said = [f"columns: {chosen}", *columns.notes]
    if unused:
        listed = ", ".join(f"'{name[:_NAME_CHARS_MAX]}'" for name in unused[:_NAMES_MAX])
        said.append(f"columns not used: {listed}{', …' if len(unused) > _NAMES_MAX else ''}")
    return said


def _collect(body: Sequence[Record], reader: RowReader, notes: list[str]) -> Ledger:
    rows: dict[str, LedgerRow] = {}
    bad: list[BadRow] = []
    duplicates: list[DuplicateRow] = []
    said_of: dict[str, dict[str, str]] = {}
    for record in body:
        try:
            row = reader.read(record)
            first = rows.setdefault(row.invoice_id, row)
            if first is not row:
                duplicates.append(_duplicate_of(first, row))
                continue
        except RowFault as fault:
            bad.append(BadRow(line=record.line, reason=str(fault), excerpt=excerpt_of(record.raw)))
            continue
        _learn(said_of.setdefault(row.customer_id, {}), record, reader)
    has_contacts = any(role in reader.at for role in CONTACT_ROLES)
    customers = {
        customer_id: customer_fields(customer_id, said, has_contacts=has_contacts)
        for customer_id, said in said_of.items()
    }
    found = tuple(rows.values())
    counts = _counts(body, found, bad=len(bad), duplicates=len(duplicates))
    notes += _facts_said(reader, has_contacts=has_contacts, rows=found)
    return Ledger(found, tuple(bad), tuple(duplicates), customers, (*notes, counts.sentence()), counts)


def _duplicate_of(first: LedgerRow, again: LedgerRow) -> DuplicateRow:
    if first.content() == again.content():
        return DuplicateRow(line=again.line, first_line=first.line, invoice_id=first.invoice_id)
    # An invoice number names one invoice of the creditor for ever, whoever the customer (contract section 3).
    whose = "" if first.customer_id == again.customer_id else f", of customer {first.customer_id}"
    raise RowFault(
        f"invoice {again.invoice_id} stands on line {first.line} already, with different content{whose}"
    )


def _learn(said: dict[str, str], record: Record, reader: RowReader) -> None:
    """Keep the first thing that the ledger says of a customer in each column."""
    for role in CUSTOMER_ROLES:
        if role not in said and (value := reader.value(record, role)):
            said[role] = value


def _counts(body: Sequence[Record], rows: Sequence[LedgerRow], *, bad: int, duplicates: int) -> Counts:
    return Counts(
        rows=len(body),
        used=len(rows),
        bad=bad,
        duplicates=duplicates,
        customers=len({row.customer_id for row in rows}),
        disputed=sum(row.disputed for row in rows),
        unpaid=sum(row.paid_on is None for row in rows),
    )


def _facts_said(reader: RowReader, *, has_contacts: bool, rows: Sequence[LedgerRow]) -> list[str]:
    said: list[str] = []
    currencies = sorted({row.currency for row in rows})
    if "currency" not in reader.at and currencies in ([], [DEFAULT_CURRENCY]):
        said.append(f"currency: {DEFAULT_CURRENCY} assumed (no column says it)")
    else:
        said.append(f"currency: {', '.join(currencies)}")
    if not has_contacts:
        said.append(
            "contact details: the ledger has none, so made-up ones are used (e-mail under .example, "
            "mobile number, address); nobody real is approached"
        )
    early = sum(1 for row in rows if row.paid_on and row.paid_on < row.issued_on)
    if early:
        said.append(f"paid before they were issued: {early} invoices, kept as prepayments")
    return said
