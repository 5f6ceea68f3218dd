"""Bring customers up to an instant: what time alone changes, on its day."""

from datetime import datetime

from classifier.usecases.freeze_portfolio import days_by_timezone, freeze_portfolios
from classifier.usecases.ports import Ledger
from classifier.usecases.rejudge import Case, rejudge


async def bring_up_to(ledger: Ledger, now: datetime, *, limit: int = 500) -> int:
    """Do a bounded part of what is due at ``now``; return how much was done, 0 when nothing is left.

    An invoice too long overdue, a pin that has ended, a portfolio whose day has changed.
    """
    frozen = await freeze_portfolios(ledger, now=now, limit=limit)
    if frozen:
        return frozen
    due = await ledger.lock_due(days=days_by_timezone(await ledger.timezones(), now=now), limit=limit)
    if not due:
        return 0
    creditors = await ledger.creditors(sorted({creditor_id for creditor_id, _ in due}))
    cases = [Case(was=due[key], now=due[key]) for key in sorted(due)]
    await rejudge(ledger, cases, creditors=creditors, now=now)
    return len(cases)
