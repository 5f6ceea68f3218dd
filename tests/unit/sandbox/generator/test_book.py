"""The synthetic ledger behaves like real ones and is the same for the same seed everywhere."""

import os
import subprocess
import sys
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from statistics import mean

import pytest

from sandbox.generator import Book, generate
from sandbox.generator.bankdays import PaymentRun, is_bank_day, last_bank_day, next_bank_day
from sandbox.generator.ledger_csv import to_csv
from sandbox.ledger.read import parse_ledger

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def book() -> Book:
    return generate(0)


def _share(book: Book, *, later_than: int) -> float:
    return mean(invoice.late_days > later_than for invoice in book.invoices)


def _icc(book: Book) -> float:
    """Return how much of the variance of days late lies between customers (one-way ANOVA)."""
    by_customer: dict[str, list[int]] = defaultdict(list)
    for invoice in book.invoices:
        by_customer[invoice.customer_id].append(invoice.late_days)
    groups = [days for days in by_customer.values() if len(days) > 1]
    every = [day for days in groups for day in days]
    total, centre = len(every), mean(every)
    between = sum(len(days) * (mean(days) - centre) ** 2 for days in groups) / (len(groups) - 1)
    within = sum((day - mean(days)) ** 2 for days in groups for day in days) / (total - len(groups))
    size = (total - sum(len(days) ** 2 for days in groups) / total) / (len(groups) - 1)
    return (between - within) / (between + (size - 1) * within)


def test_lateness_is_that_of_real_ledgers(book: Book) -> None:
    # Personalisation.md 7: .31 late (NL .25-.32, IBM .36, HR .42), .18 more than a week (IBM .19, HR .07).
    assert 0.25 <= _share(book, later_than=0) <= 0.42
    assert 0.10 <= _share(book, later_than=7) <= 0.22
    assert 0.03 <= _share(book, later_than=14) <= 0.09
    assert 2.4 <= mean(max(0, invoice.late_days) for invoice in book.invoices) <= 4.2


def test_a_customers_own_history_explains_about_half(book: Book) -> None:
    # .44 in the reference generator, .45 and .63 in the real ledgers.
    assert 0.3 <= _icc(book) <= 0.6


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_seeds_are_of_the_same_kind(seed: int) -> None:
    other = generate(seed)
    assert 0.25 <= _share(other, later_than=0) <= 0.50
    assert 0.3 <= _icc(other) <= 0.68


def test_archetypes_pay_as_their_names_say(book: Book) -> None:
    archetype_of = {who.customer_id: who.archetype for who in book.personas}
    late: dict[str, list[bool]] = defaultdict(list)
    for invoice in book.invoices:
        late[archetype_of[invoice.customer_id]].append(invoice.late_days > 2)
    assert mean(late["early"]) < 0.1
    assert mean(late["punctual"]) < 0.1
    assert mean(late["structural"]) > 0.7
    assert mean(late["punctual"]) < mean(late["forgetful"]) < mean(late["cash_tight"])


def test_two_hundred_customers_have_something_of_everything(book: Book) -> None:
    assert len(book.personas) == 200
    assert len({invoice.customer_id for invoice in book.invoices}) >= 190
    assert any(invoice.credited_on for invoice in book.invoices)
    assert any(len(invoice.instalments) == 2 for invoice in book.invoices)
    assert any(part.reversed_on for invoice in book.invoices for part in invoice.instalments)
    assert any(invoice.dispute_reason for invoice in book.invoices)
    assert any(invoice.promised_on for invoice in book.invoices)
    assert book.bouncing_emails
    fields = [who.fields for who in book.personas]
    assert {field["language"] for field in fields} == {"nl", "en"}
    assert {field["kind"] for field in fields} == {"BUSINESS", "CONSUMER"}
    assert {"EMAIL", "SMS", "WHATSAPP", "CALL", "LETTER"} <= {
        field.get("preferred_channel") for field in fields
    }


def test_the_self_employed_in_construction_want_an_sms_in_the_evening(book: Book) -> None:
    evening = [who for who in book.personas if who.size == "MICRO" and who.sector == "construction"]
    assert len(evening) >= 5
    for who in evening:
        assert who.fields["preferred_channel"] == "SMS"
        assert who.fields["preferred_window"] == {"from": "18:00", "to": "20:00"}


def test_nobody_pays_when_the_banks_are_closed(book: Book) -> None:
    for invoice in book.invoices:
        for part in invoice.instalments:
            assert is_bank_day(part.paid_on)
            assert part.paid_on >= invoice.issued_on
        settled = sum(part.amount for part in invoice.instalments if not part.reversed_on)
        assert settled + invoice.credited == invoice.amount


def test_nobody_promises_what_is_paid_already_although_the_payment_comes_back_later() -> None:
    invoices = generate(2212, customers=400, months=24).invoices
    promised = [invoice for invoice in invoices if invoice.promise_made_on]
    assert any(part.reversed_on for invoice in promised for part in invoice.instalments)
    assert all(
        invoice.open_on(invoice.promise_made_on) > 0 for invoice in promised if invoice.promise_made_on
    )


def test_the_year_holds_both_clock_changes_and_dutch_holidays(book: Book) -> None:
    assert (book.start_on, book.last_on) == (date(2025, 1, 1), date(2025, 12, 31))
    issued = {invoice.issued_on for invoice in book.invoices}
    for change in (date(2025, 3, 30), date(2025, 10, 26)):
        assert any(change - timedelta(days=7) <= day <= change for day in issued)
    due = {invoice.due_on for invoice in book.invoices}
    assert due & {
        date(2025, 4, 18),
        date(2025, 4, 21),
        date(2025, 5, 1),
        date(2025, 12, 25),
        date(2025, 12, 26),
    }


def test_the_target_calendar_is_known() -> None:
    closed = [
        date(2025, 1, 1),
        date(2025, 4, 18),
        date(2025, 4, 21),
        date(2025, 5, 1),
        date(2026, 4, 3),
        date(2024, 4, 1),
    ]
    assert not any(is_bank_day(day) for day in closed)
    assert is_bank_day(date(2025, 5, 29))
    assert (last_bank_day(date(2025, 4, 20)), next_bank_day(date(2025, 4, 18))) == (
        date(2025, 4, 17),
        date(2025, 4, 22),
    )


def test_payment_runs_fall_on_their_day_or_the_next_bank_day() -> None:
    run = PaymentRun(every_weeks=1, weekday=4)
    assert run.on_or_after(date(2025, 4, 16)) == date(2025, 4, 22)
    assert run.on_or_before(date(2025, 4, 21)) == date(2025, 4, 11)
    fortnightly = PaymentRun(every_weeks=2, weekday=1)
    first = fortnightly.on_or_after(date(2025, 6, 2))
    assert fortnightly.on_or_after(first + timedelta(days=1)) - first == timedelta(days=14)


def test_more_customers_change_nothing_about_the_first(book: Book) -> None:
    fewer = generate(0, customers=20)
    assert fewer.personas == book.personas[:20]


def test_the_csv_reads_back_as_the_book_says(book: Book) -> None:
    ledger = parse_ledger(to_csv(book).encode())
    assert ledger.bad_rows == ()
    assert ledger.counts.used == len(book.invoices)
    paid = {invoice.invoice_id: invoice.natural_paid_on for invoice in book.invoices}
    for row in ledger.rows:
        assert row.paid_on == (paid[row.invoice_id] if paid[row.invoice_id] <= book.last_on else None)


def test_the_same_seed_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    written = []
    for hash_seed in ("0", "1", "random"):
        out = tmp_path / f"{hash_seed}.csv"
        command = [
            sys.executable,
            "-m",
            "sandbox.generator",
            "--seed",
            "7",
            "--customers",
            "40",
            "--out",
            str(out),
        ]
        subprocess.run(
            command, cwd=ROOT, check=True, env={**os.environ, "PYTHONHASHSEED": hash_seed}, timeout=60
        )
        written.append(out.read_bytes())
    assert written[0] == written[1] == written[2]
    assert written[0] != to_csv(generate(8, customers=40)).encode()
