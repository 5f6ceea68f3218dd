"""What one invoice says about its customer, as dated facts (personalisation.md 4).

An invoice is evidence once, on the day it is settled in full. While it is open it acts through
the overrides alone: from the 31st and the 61st effective day overdue, as long as it is undisputed.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from classifier.domain.lateness import weekday

OVERDUE_DAYS_SILVER: Final = 30
OVERDUE_DAYS_BRONZE: Final = 60
_NEVER: Final = 10**7


class Kind(IntEnum):
    """What a fact is about."""

    OVER_30 = 0
    OVER_60 = 1
    BROKEN = 2
    PAID = 3
    WRITTEN_OFF = 4


class Fact(NamedTuple):
    """One dated fact of a customer.

    ``value``: OVER_30 and OVER_60: +1 when an invoice passes the limit, -1 when it no longer counts;
    BROKEN: 1; PAID: ``7 * lateness + weekday of the due date``; WRITTEN_OFF: days late.
    """

    on: int
    kind: Kind
    value: int


class Outcome(IntEnum):
    """Where an invoice stands as evidence."""

    ABSENT = 0
    """Withdrawn or dated ahead: to be treated as if it were not there."""
    OPEN = 1
    PAID = 2
    WRITTEN_OFF = 3
    DISPUTED = 4
    """Settled, and no evidence because it was disputed."""
    EXCUSED = 5
    """No evidence at all: credited in full, paid under a kept promise or plan, or no claim (amount not positive)."""


class Dispute(NamedTuple):
    """A dispute and the days on which it counts: ``since <= day < until`` (until 0: still runs)."""

    id: str
    since: int
    until: int


class InvoiceFacts(NamedTuple):
    """What the classifier keeps of one invoice; days as ordinals, 0 where there is none."""

    invoice_id: str
    version: int
    outcome: Outcome
    issued_on: int
    due_on: int
    effective_due_on: int
    settled_on: int = 0
    lateness: int = 0
    disputes: tuple[Dispute, ...] = ()
    next_fact_on: int = 0
    """First day with a fact that has not been taken in yet (0: none to come)."""

    @property
    def first_on(self) -> int:
        """The first day on which this invoice says anything about its customer."""
        if self.outcome is Outcome.ABSENT:
            return 0
        return min(self.issued_on, self.settled_on) if self.settled_on else self.issued_on

    def disputed(self, *, on: int) -> bool:
        """Say whether a dispute counts on that day."""
        return any(d.since <= on < (d.until or _NEVER) for d in self.disputes)


def with_disputes(new: InvoiceFacts, *, known: tuple[Dispute, ...], seen_on: int) -> InvoiceFacts:
    """Join the disputes in force (``new``) with those known from earlier versions.

    A message lists only what is in force; a dispute that is no longer listed ended on ``seen_on``
    at the latest. One that ended on the day it began never counted.
    """
    listed = {dispute.id for dispute in new.disputes}
    ended = (old._replace(until=min(old.until or _NEVER, seen_on)) for old in known if old.id not in listed)
    joined = (*new.disputes, *(old for old in ended if old.until > old.since))
    return new._replace(disputes=tuple(sorted(joined, key=lambda d: (d.since, d.id))))


def facts_of(invoice: InvoiceFacts, *, until: int) -> list[Fact]:
    """Return the facts of an invoice up to the day ``until`` (included), by day."""
    facts: list[Fact] = []
    if invoice.outcome is Outcome.PAID:
        code = 7 * invoice.lateness + weekday(invoice.due_on)
        facts.append(Fact(invoice.settled_on, Kind.PAID, code))
    elif invoice.outcome is Outcome.WRITTEN_OFF:
        facts.append(Fact(invoice.settled_on, Kind.WRITTEN_OFF, invoice.lateness))
    if _limit_passed_on(invoice, limit_days=OVERDUE_DAYS_SILVER) < (invoice.settled_on or until + 1):
        facts.extend(fact for fact in _overdue_facts(invoice) if fact.on <= until)
        facts.sort()
    return facts


def next_fact_on(invoice: InvoiceFacts, *, after: int) -> int:
    """Return the first day later than ``after`` on which time alone makes a fact; 0 when none."""
    if invoice.settled_on:
        if invoice.settled_on <= after:
            return 0
    elif invoice.outcome is Outcome.OPEN and not invoice.disputes:
        # The common case, without listing the facts: the first limit, or the second.
        for limit_days in (OVERDUE_DAYS_SILVER, OVERDUE_DAYS_BRONZE):
            begin = _limit_passed_on(invoice, limit_days=limit_days)
            if begin > after:
                return begin
        return 0
    return min((fact.on for fact in _overdue_facts(invoice) if fact.on > after), default=0)


def _limit_passed_on(invoice: InvoiceFacts, *, limit_days: int) -> int:
    """Return the first day on which an invoice still open is overdue by more than so many effective days."""
    return max(invoice.effective_due_on + limit_days + 1, invoice.issued_on)


def _overdue_facts(invoice: InvoiceFacts) -> Iterator[Fact]:
    if invoice.outcome in (Outcome.ABSENT, Outcome.EXCUSED):
        return
    if invoice.outcome is Outcome.DISPUTED and not invoice.disputes:
        # Settled as disputed, and when is not known: then since the day after it fell due (requirements 2).
        return
    for kind, limit_days in ((Kind.OVER_30, OVERDUE_DAYS_SILVER), (Kind.OVER_60, OVERDUE_DAYS_BRONZE)):
        for begin, end in _open_undisputed(invoice, limit_days=limit_days):
            yield Fact(begin, kind, 1)
            if end != _NEVER:
                yield Fact(end, kind, -1)


def _open_undisputed(invoice: InvoiceFacts, *, limit_days: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of days on which the invoice is open, undisputed and beyond the limit."""
    begin = _limit_passed_on(invoice, limit_days=limit_days)
    stop = invoice.settled_on or _NEVER
    for dispute in invoice.disputes:
        until = dispute.until or _NEVER
        if until <= begin:
            continue
        if dispute.since >= stop:
            break
        if dispute.since > begin:
            yield begin, dispute.since
        begin = until
    if begin < stop:
        yield begin, stop
