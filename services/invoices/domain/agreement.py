"""What was agreed or contested: disputes, holds, promises and payment plans, and whether promises were kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final

from chassis.kernel.calendar import DayCalendar
from invoices.domain.allocation import ZERO, Movement, MovementKind
from invoices.domain.settlement import open_at

GRACE_BANK_DAYS: Final = 2
"""Bank days after its date within which a promised amount may still come in (personalisation.md 4)."""


class AgreementKind(StrEnum):
    """The kinds of agreements."""

    DISPUTE = "DISPUTE"
    HOLD = "HOLD"
    PROMISE = "PROMISE"
    PLAN = "PLAN"


class AgreementState(StrEnum):
    """Where an agreement stands; ENDED (by a person) is neither kept nor broken."""

    OPEN = "OPEN"
    KEPT = "KEPT"
    BROKEN = "BROKEN"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """The customer contests an invoice from ``since_on`` until a person ends it or it is settled."""

    kind: ClassVar = AgreementKind.DISPUTE
    agreement_id: str
    creditor_id: str
    customer_id: str
    invoice_ids: tuple[str, ...]
    since_on: date
    made_at: datetime
    reason_code: str
    amount: Decimal | None = None
    note: str = ""
    ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """No dunning up to and including ``until``, for one invoice or (no ``invoice_ids``) a whole customer."""

    kind: ClassVar = AgreementKind.HOLD
    agreement_id: str
    creditor_id: str
    customer_id: str
    invoice_ids: tuple[str, ...] = ()
    since_on: date
    made_at: datetime
    until: date
    reason: str
    owner: str
    ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The customer will pay ``amount`` (None: everything open on the invoices) on ``on``."""

    kind: ClassVar = AgreementKind.PROMISE
    agreement_id: str
    creditor_id: str
    customer_id: str
    invoice_ids: tuple[str, ...]
    since_on: date
    made_at: datetime
    on: date
    amount: Decimal | None = None
    note: str = ""
    ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One dated part of a plan."""

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Agreed instalments that replace immediate payment of the invoices."""

    kind: ClassVar = AgreementKind.PLAN
    agreement_id: str
    creditor_id: str
    customer_id: str
    invoice_ids: tuple[str, ...]
    since_on: date
    made_at: datetime
    instalments: tuple[Instalment, ...]
    ended_on: date | None = None


Agreement = Dispute | Hold | Promise | Plan


@dataclass(frozen=True, slots=True)
class Debt:
    """An invoice in effect with its movements: what promises and plans are judged by."""

    amount: Decimal
    movements: Sequence[Movement]

    def open_at(self, day: date) -> Decimal:
        """Return what was open at the end of ``day``."""
        return open_at(self.amount, day=day, movements=self.movements)

    def paid_between(self, first: date, last: date) -> Decimal:
        """Return what was paid (less what was taken back) from ``first`` up to and including ``last``."""
        kinds = (MovementKind.PAID, MovementKind.REVERSED)
        return sum((m.amount for m in self.movements if m.kind in kinds and first <= m.on <= last), ZERO)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a promise or plan stands; ``broken_on`` is the first day on which it counts as broken."""

    state: AgreementState
    broken_on: date | None = None


def deadline_of(day: date, *, calendar: DayCalendar) -> date:
    """Return the last day on which money promised for ``day`` is in time."""
    for _ in range(GRACE_BANK_DAYS):
        day = calendar.roll(day + timedelta(days=1))
    return day


def last_day_of(agreement: Promise | Plan, *, calendar: DayCalendar) -> date:
    """Return the last civil day on which a promise or plan holds its invoices."""
    if isinstance(agreement, Promise):
        return deadline_of(agreement.on, calendar=calendar)
    return deadline_of(max(part.on for part in agreement.instalments), calendar=calendar)


def judge(
    agreement: Promise | Plan, *, debts: Mapping[str, Debt], today: date | None, calendar: DayCalendar
) -> Verdict:
    """Judge a promise or plan by the facts in effect on ``today`` (None: no time yet, nothing lapses).

    Kept when each amount was in by its deadline, or nothing was open any more; broken from the day after
    the first deadline that was missed (personalisation.md 4); ended early by a person: neither.
    """
    mine = [debts[invoice_id] for invoice_id in agreement.invoice_ids if invoice_id in debts]
    for deadline, needed in _milestones(agreement, calendar):
        cut = min(day for day in (deadline, agreement.ended_on, today) if day is not None)
        if _is_in(mine, agreement.since_on, cut, needed):
            continue
        if agreement.ended_on is not None and agreement.ended_on <= deadline:
            return Verdict(AgreementState.ENDED)
        if today is not None and today > deadline:
            return Verdict(AgreementState.BROKEN, broken_on=deadline + timedelta(days=1))
        return Verdict(AgreementState.OPEN)
    return Verdict(AgreementState.KEPT)


def days_ahead(agreement: Agreement, *, today: date, calendar: DayCalendar) -> tuple[date, ...]:
    """Return the days after ``today`` on which the agreement changes by time alone."""
    if agreement.ended_on is not None:
        return ()
    match agreement:
        case Dispute():
            ends: tuple[date, ...] = ()
        case Hold():
            ends = (agreement.until + timedelta(days=1),)
        case Promise() | Plan():
            ends = tuple(deadline + timedelta(days=1) for deadline, _ in _milestones(agreement, calendar))
    return tuple(day for day in (agreement.since_on, *ends) if day > today)


def _milestones(agreement: Promise | Plan, calendar: DayCalendar) -> list[tuple[date, Decimal | None]]:
    """Return each deadline with the amount that must be in by then (None: all)."""
    if isinstance(agreement, Promise):
        return [(deadline_of(agreement.on, calendar=calendar), agreement.amount)]
    milestones: list[tuple[date, Decimal | None]] = []
    needed = ZERO
    for part in sorted(agreement.instalments, key=lambda part: part.on):
        needed += part.amount
        milestones.append((deadline_of(part.on, calendar=calendar), needed))
    return milestones


def _is_in(debts: Sequence[Debt], since: date, cut: date, needed: Decimal | None) -> bool:
    if all(debt.open_at(cut) <= 0 for debt in debts):
        return True
    return needed is not None and sum((debt.paid_between(since, cut) for debt in debts), ZERO) >= needed
