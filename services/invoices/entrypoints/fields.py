"""Reads single fields of ERP messages: what cannot be right is Poison that names the field."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from chassis.kernel.errors import Poison
from chassis.kernel.money import read_amount, read_currency
from contracts.erp import v1 as erp
from invoices.domain.customer import Amount

ID_CHARS_MAX: Final = 128
"""Characters of an identifier, a reference or a code."""
TEXT_CHARS_MAX: Final = 2000
"""Characters of a name, an address of a document or a reason."""
REMITTANCE_CHARS_MAX: Final = 10_000
"""Characters of a remittance text: the longest that a camt.053 entry can bring together."""
DAY_MIN: Final = date(1990, 1, 1)
DAY_MAX: Final = date(2099, 12, 31)
"""The days a fact may carry: what lies outside is a slip of the keyboard, not a date."""
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def needed_id(text: str, *, field: str) -> str:
    """Return an identifier that must be there."""
    if not text or text.isspace():
        raise Poison("missing", field=field)
    if len(text) > ID_CHARS_MAX:
        raise Poison(f"longer than {ID_CHARS_MAX} characters", field=field)
    return text


def optional_id(text: str, *, field: str) -> str:
    """Return an identifier, '' when there is none."""
    if len(text) > ID_CHARS_MAX:
        raise Poison(f"longer than {ID_CHARS_MAX} characters", field=field)
    return text


def free_text(text: str, *, field: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """Return a text of bounded length."""
    if len(text) > chars_max:
        raise Poison(f"longer than {chars_max} characters", field=field)
    return text


def needed_day(text: str, *, field: str) -> date:
    """Return a civil day that must be there."""
    if not text:
        raise Poison("missing", field=field)
    return _day(text, field)


def optional_day(text: str, *, field: str) -> date | None:
    """Return a civil day, None when there is none."""
    return _day(text, field) if text else None


def needed_money(money: erp.Money | None, *, field: str) -> tuple[str, Decimal]:
    """Return currency and exact amount, which must be there."""
    if money is None:
        raise Poison("missing", field=field)
    if not money.currency:
        raise Poison("missing", field=f"{field}.currency")
    if not money.amount:
        raise Poison("missing", field=f"{field}.amount")
    currency = read_currency(money.currency, field=f"{field}.currency")
    return currency, read_amount(money.amount, currency=currency, field=f"{field}.amount")


def not_negative(money: erp.Money | None, *, field: str) -> tuple[str, Decimal]:
    """Return currency and amount of money that moves one way only."""
    currency, amount = needed_money(money, field=field)
    if amount < 0:
        raise Poison("must not be below zero", field=f"{field}.amount")
    return currency, amount


def optional_amount(money: erp.Money | None, *, field: str) -> Amount | None:
    """Return a limit or threshold, None when there is none (or nothing was filled in)."""
    if money is None or not (money.currency or money.amount):
        return None
    return Amount(*not_negative(money, field=field))


def one_of(text: str, *, allowed: frozenset[str], field: str) -> str:
    """Return a member of a closed set, '' when it is absent."""
    if text and text not in allowed:
        raise Poison(f"it is not one of {', '.join(sorted(allowed))}", field=field)
    return text


@lru_cache(maxsize=8192)
def _day(text: str, field: str) -> date:
    try:
        # fromisoformat alone would take 20260302 and 2026-W10-1 too.
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise Poison("it is not a date such as 2026-03-02", field=field)
    if not DAY_MIN <= found <= DAY_MAX:
        raise Poison(f"it is not between {DAY_MIN} and {DAY_MAX}", field=field)
    return found
