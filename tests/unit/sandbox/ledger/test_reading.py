"""A whole ledger is read: nothing is dropped silently and nothing crashes."""

import codecs
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.ledger.columns import read_mapping
from sandbox.ledger.model import Ledger, LedgerError
from sandbox.ledger.read import parse_ledger, read_ledger
from sandbox.ledger.records import RECORD_CHARS_MAX
from sandbox.ledger.report import spoken

HEADER = "customer_id,invoice_number,issue_date,due_date,payment_date,amount,disputed\n"
GOOD = "C1,F1,2024-01-02,2024-02-01,2024-02-03,100.00,no\n"


def _read(body: str) -> Ledger:
    return parse_ledger((HEADER + body).encode())


def _reason(body: str) -> tuple[int, str]:
    ledger = _read(body)
    assert len(ledger.bad_rows) == 1
    return ledger.bad_rows[0].line, ledger.bad_rows[0].reason


def test_a_row_becomes_an_invoice() -> None:
    row = _read(GOOD).rows[0]
    assert (row.line, row.customer_id, row.invoice_id) == (2, "C1", "F1")
    assert (row.issued_on, row.due_on, row.paid_on) == (date(2024, 1, 2), date(2024, 2, 1), date(2024, 2, 3))
    assert (row.amount, row.currency, row.disputed) == (Decimal("100.00"), "EUR", False)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("C1,F2,2024-01-02,2024-02-01,,100.00\n", "too few columns: 6 instead of 7"),
        ("C1,F2,2024-01-02,2024-02-01,,100.00,no,more\n", "too many columns: 8 instead of 7"),
        (",F2,2024-01-02,2024-02-01,,100.00,no\n", "no customer"),
        ("C1,,2024-01-02,2024-02-01,,100.00,no\n", "no invoice number"),
        ("C1,F2,,2024-02-01,,100.00,no\n", "no issue date"),
        ("C1,F2,2024-01-02,2024-02-30,,100.00,no\n", "due date '2024-02-30' is a date that does not exist"),
        ("C1,F2,2024-01-02,2024-01-01,,100.00,no\n", "before it was issued"),
        ("C1,F2,2024-01-02,2024-02-01,,,no\n", "amount '' is not an amount"),
        ("C1,F2,2024-01-02,2024-02-01,,100.001,no\n", "more decimals than EUR has"),
        ("C1,F2,2024-01-02,2024-02-01,,100.00,perhaps\n", "does not say whether it is disputed"),
        ("C1,F\0,2024-01-02,2024-02-01,,100.00,no\n", "contains a NUL byte"),
        ("C1," + "9" * 129 + ",2024-01-02,2024-02-01,,100.00,no\n", "at most 128 are taken"),
        ("C1," + "x" * RECORD_CHARS_MAX + "\n", f"longer than {RECORD_CHARS_MAX} characters"),
        ('C1,"F2,2024-01-02,2024-02-01,,100.00,no\n', "quote"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_costs_no_other(row: str, reason: str) -> None:
    after = GOOD.replace("F1", "F9")
    ledger = _read(GOOD + row + after)
    assert [invoice.invoice_id for invoice in ledger.rows] == ["F1", "F9"]
    assert [bad.line for bad in ledger.bad_rows] == [3]
    assert reason in ledger.bad_rows[0].reason
    assert len(ledger.bad_rows[0].excerpt) <= 120
    assert any(line.startswith("bad row, line 3: ") for line in spoken(ledger))


def test_the_line_is_the_physical_one_after_a_field_with_line_breaks() -> None:
    line, _ = _reason('"C\n1",F1,2024-01-02,2024-02-01,,100.00,no\n')
    assert line == 2
    ledger = parse_ledger(
        (
            HEADER.replace("disputed", "note") + '\nC1,F1,2024-01-02,2024-02-01,,5.00,"a\nb"\nC1,,,,,,\n'
        ).encode()
    )
    assert (ledger.rows[0].line, ledger.bad_rows[0].line) == (3, 5)


def test_every_row_is_used_bad_or_duplicate() -> None:
    ledger = _read(GOOD + GOOD + "x\n" + GOOD.replace("100", "200") + "\n,,,,,,\n")
    counts = ledger.counts
    assert (counts.rows, counts.used, counts.bad, counts.duplicates) == (4, 1, 2, 1)
    assert (ledger.duplicate_rows[0].line, ledger.duplicate_rows[0].first_line) == (3, 2)


def test_one_number_for_two_customers_is_refused() -> None:
    _, reason = _reason(GOOD + GOOD.replace("C1", "C2"))
    assert reason == "invoice F1 stands on line 2 already, with different content, of customer C1"


def test_formulas_are_text() -> None:
    ledger = _read('C1,"=HYPERLINK(""http://x.example"")",2024-01-02,2024-02-01,,1.00,no\n')
    assert ledger.rows[0].invoice_id == '=HYPERLINK("http://x.example")'


def test_a_prepayment_is_kept_and_said() -> None:
    ledger = _read(GOOD.replace("2024-02-03", "2023-12-20"))
    assert ledger.rows[0].paid_on == date(2023, 12, 20)
    assert any("prepayments" in note for note in ledger.notes)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = (HEADER + GOOD).replace(",", delimiter)
    assert parse_ledger(text.encode()).counts.used == 1
    assert parse_ledger(f"sep={delimiter}\n{text}".encode()).counts.used == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (codecs.BOM_UTF8 + (HEADER + GOOD).encode(), "utf-8 (with"),
        (codecs.BOM_UTF16_LE + (HEADER + GOOD).encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + (HEADER + GOOD).encode("utf-16-be"), "utf-16-be"),
        ((HEADER + GOOD).encode("utf-16-le"), "utf-16-le assumed"),
        ((HEADER + GOOD.replace("C1", "Café")).encode("cp1252"), "cp1252 assumed, because line 2"),
    ],
)
def test_the_encoding_is_found_and_said(content: bytes, said: str) -> None:
    ledger = parse_ledger(content)
    assert ledger.counts.used == 1
    assert ledger.rows[0].customer_id in {"C1", "Café"}
    assert said in ledger.notes[0]


def test_lines_above_the_header_are_passed_over_aloud() -> None:
    ledger = parse_ledger(("Debtors of 2024\n\n" + HEADER + GOOD).encode())
    assert (ledger.counts.used, ledger.rows[0].line) == (1, 4)
    assert any("header: line 3" in note for note in ledger.notes)


def test_a_dispute_date_makes_the_row_disputed() -> None:
    text = HEADER.replace("disputed", "dispute_date") + GOOD.replace("no\n", "2024-01-20\n")
    row = parse_ledger(text.encode()).rows[0]
    assert (row.disputed, row.disputed_on) == (True, date(2024, 1, 20))


def test_currencies_come_from_the_column_or_the_sign() -> None:
    text = HEADER.replace("disputed", "currency") + GOOD.replace("no\n", "usd\n")
    assert parse_ledger(text.encode()).rows[0].currency == "USD"
    assert _read(GOOD.replace("100.00", "£100.00")).rows[0].currency == "GBP"
    unknown = parse_ledger((HEADER.replace("disputed", "currency") + GOOD.replace("no\n", "QQQ\n")).encode())
    assert unknown.bad_rows[0].reason == "'QQQ' is no currency"


def test_counts_are_plain_digits() -> None:
    body = "".join(GOOD.replace("F1", f"F{number}") for number in range(1500))
    assert "1500 rows: 1500 invoices of 1 customers" in _read(body).notes[-1]


def test_contact_details_of_the_ledger_are_kept_as_they_are() -> None:
    text = HEADER.replace("disputed", "email,Naam,land,taal,particulier").replace("particulier", "klanttype")
    row = GOOD.replace("no\n", "not an address,Jansen & Zn,België,Engels,consument\n")
    customer = parse_ledger((text + row).encode()).customers["C1"]
    assert customer["contacts"] == [{"purpose": "REMINDER", "email": "not an address"}]
    assert [customer[name] for name in ("name", "country", "language", "kind")] == [
        "Jansen & Zn",
        "BE",
        "en",
        "CONSUMER",
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\0" * 100, b",,,\n"])
def test_a_file_without_a_header_is_refused(content: bytes) -> None:
    with pytest.raises(LedgerError):
        parse_ledger(content)


def test_a_file_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be read: No such file"):
        read_ledger(tmp_path / "none.csv")


def test_an_export_of_another_system_is_read_with_a_format_for_each_column() -> None:
    text = (
        "cust_number,name_customer,clear_date,doc_id,document_create_date,due_in_date,invoice_currency,"
        "total_open_amount,invoice_id,isOpen\n"
        "0200769623,WAL corp,2020-02-11 00:00:00,1,20200125,20200210.0,USD,54273.28,19304,0\n"
        "0140106181,THE corp,,2,20200330,20200410.0,CAD,3253.86,29606,1\n"
    )
    ledger = parse_ledger(text.encode())
    paid, unpaid = ledger.rows
    assert (paid.customer_id, paid.invoice_id, paid.currency) == ("0200769623", "19304", "USD")
    assert (paid.issued_on, paid.due_on, paid.paid_on) == (
        date(2020, 1, 25),
        date(2020, 2, 10),
        date(2020, 2, 11),
    )
    assert unpaid.paid_on is None
    assert ledger.customers["0140106181"]["name"] == "THE corp"


def test_the_sample_with_names_of_its_own_needs_its_mapping() -> None:
    samples = Path(__file__).resolve().parents[4] / "sandbox" / "samples"
    with pytest.raises(LedgerError, match="a customer"):
        read_ledger(samples / "ledger-own-names.csv")
    mapping = read_mapping(str(samples / "mapping.yaml"))
    ledger = read_ledger(samples / "ledger-own-names.csv", mapping=mapping)
    assert [row.amount for row in ledger.rows] == [Decimal("1250.00"), Decimal("980.50"), Decimal("75.00")]


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04\x14\x00", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b\x08\x00"]
)
def test_a_workbook_or_an_archive_is_called_what_it_is(start: bytes) -> None:
    with pytest.raises(LedgerError, match="workbook or an archive: save the sheet as CSV"):
        parse_ledger(start + b"whatever" * 50)


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_of_utf_32_is_not_taken_for_one_of_utf_16(encoding: str) -> None:
    rows = "customer,invoice,issued,due,paid,amount\nCaf\u00e9,1,2025-01-02,2025-02-01,2025-02-03,5.00\n"
    ledger = parse_ledger(("\ufeff" + rows).encode(encoding))
    assert ledger.counts.used == 1
    assert f"encoding: {encoding} (from its byte order mark)" in ledger.notes
