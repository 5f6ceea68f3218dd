from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from invoices.domain.creditor import CreditorMaster, CreditorRecord, due_day, settings_of
from invoices.domain.versions import Stamp
from tests.support.invoices_facts import CREDITOR, day, stamp


def master(at: str, *, term: int | None = None, timezone: str = "") -> CreditorMaster:
    return CreditorMaster(creditor_id=CREDITOR, stamp=stamp(at), payment_term_days=term, timezone=timezone)


def test_an_unknown_creditor_has_the_documented_defaults() -> None:
    found = CreditorRecord(creditor_id=CREDITOR).settings(None)
    assert (found.payment_term_days, found.language, found.timezone) == (30, "nl", "Europe/Amsterdam")
    assert (found.important_from.amount, found.whatsapp_up_to.amount) == (Decimal(10_000), Decimal(500))
    assert found.vat_deductible


def test_settings_dated_ahead_wait_but_the_first_ones_count_at_once() -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    first, second = master("04-01", term=14), master("05-01", term=7)
    assert settings_of(CREDITOR, [second, first], now=now).payment_term_days == 14
    in_effect = replace(first, stamp=Stamp(now, "a", "b"))
    assert settings_of(CREDITOR, [second, in_effect], now=now).payment_term_days == 14
    assert settings_of(CREDITOR, [second, in_effect], now=None).payment_term_days == 7


def test_a_term_of_zero_days_is_a_term() -> None:
    assert settings_of(CREDITOR, [master("03-01", term=0)], now=None).payment_term_days == 0
    assert due_day(day("03-01"), due_on=None, term_days=0) == day("03-01")


def test_the_civil_day_is_that_of_the_creditors_zone() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert CreditorRecord(creditor_id=CREDITOR).today(late) == day("03-02")
    abroad = CreditorRecord(creditor_id=CREDITOR, versions=(master("01-01", timezone="America/New_York"),))
    assert abroad.today(late) == day("03-01")


def test_an_address_that_cannot_be_written_from_is_left_out() -> None:
    bad = replace(master("03-01"), sender_email="nobody", reply_to="reply@acme.example")
    found = settings_of(CREDITOR, [bad], now=None)
    assert (found.sender_email, found.reply_to) == ("", "reply@acme.example")
