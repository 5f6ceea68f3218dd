"""The public IBM ledger, which is no part of this repository, reads without a single bad row."""

import csv
import os
from datetime import date
from pathlib import Path

import pytest

from sandbox.ledger.events import days_of
from sandbox.ledger.read import read_ledger

SHARED = Path(os.environ.get("VELVET_SHARED", Path(__file__).resolve().parents[4].parent / "shared"))
IBM = SHARED / "data" / "ledger" / "ibm-accounts-receivable.csv"

pytestmark = pytest.mark.skipif(
    not IBM.is_file(), reason=f"SKIPPED ALOUD: foreign test data are absent ({IBM.name}; set VELVET_SHARED)"
)


def _month_first(text: str) -> date:
    month, day, year = (int(part) for part in text.split("/"))
    return date(year, month, day)


def test_every_row_of_the_ibm_ledger_is_read_as_it_stands() -> None:
    ledger = read_ledger(IBM)
    with IBM.open(newline="") as file:
        plain = {row["invoiceNumber"]: row for row in csv.DictReader(file)}
    assert (ledger.counts.rows, ledger.counts.customers, ledger.counts.bad, ledger.counts.duplicates) == (
        2466,
        100,
        0,
        0,
    )
    assert ledger.counts.disputed == sum(row["Disputed"] == "Yes" for row in plain.values()) > 0
    for row in ledger.rows:
        said = plain[row.invoice_id]
        days = [_month_first(said[column]) for column in ("InvoiceDate", "DueDate", "SettledDate")]
        assert [row.issued_on, row.due_on, row.paid_on] == days
        assert f"{float(said['InvoiceAmount']):.2f}" == f"{row.amount:f}"
        assert row.customer_id == said["customerID"]
    assert any("month/day/year" in note for note in ledger.notes)


def test_the_ibm_ledger_gives_one_invoice_and_one_payment_a_row() -> None:
    ledger = read_ledger(IBM)
    topics = [event.topic for facts in days_of(ledger) for event in facts.events]
    assert topics.count("erp.invoice-issued.v1") == topics.count("erp.payment-received.v1") == 2466
    disputes = [action for facts in days_of(ledger) for action in facts.actions]
    assert len(disputes) == sum(row.disputed for row in ledger.rows) > 0
