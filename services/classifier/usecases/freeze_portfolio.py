"""Freeze what is learned across a creditor's customers, once a day, at the beginning of the day."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from chassis.kernel.calendar import local_day
from classifier.domain.creditor import Creditor, portfolio_prior
from classifier.usecases.ports import Ledger


async def freeze_portfolios(ledger: Ledger, *, now: datetime, limit: int) -> int:
    """Freeze up to ``limit`` creditors for whom a new day has begun; return how many."""
    due = await ledger.creditors_to_freeze(
        days=days_by_timezone(await ledger.timezones(), now=now), limit=limit
    )
    frozen = [await froze(ledger, creditor, now=now) for creditor in due]
    if frozen:
        await ledger.save_creditors(frozen)
    return len(frozen)


async def froze(ledger: Ledger, creditor: Creditor, *, now: datetime | None) -> Creditor:
    """Return the creditor with the prior of the day of ``now``: from all that happened before that day.

    The first day of a creditor, and of a sandbox that has just been told the time, has the
    built-in prior: what was taken in before there was a time need not have happened yet.
    """
    today = creditor.today(now)
    if today <= creditor.prior_on:
        return creditor
    if not creditor.prior_on:
        return creditor._replace(prior_on=today)
    customers, sums = await ledger.portfolio(creditor.creditor_id, before=today)
    return creditor._replace(prior_on=today, prior=portfolio_prior(sums, customers=customers))


def days_by_timezone(timezones: list[str], *, now: datetime) -> Mapping[str, int]:
    """Return the civil day (ordinal) at ``now`` in each time zone."""
    return {name: local_day(now, zone=ZoneInfo(name)).toordinal() for name in timezones}
