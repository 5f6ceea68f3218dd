"""Why nothing may be asked for now: the stops of an invoice and of a customer, and what is no evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chassis.kernel.calendar import DayCalendar
from invoices.domain.agreement import (
    Agreement,
    AgreementState,
    Dispute,
    Hold,
    Plan,
    Promise,
    Verdict,
    last_day_of,
)
from invoices.domain.settlement import Settlement, Status


class StopKind(StrEnum):
    """The kinds of stops that consumers and the gate know."""

    DISPUTED = "DISPUTED"
    PROMISED = "PROMISED"
    PLANNED = "PLANNED"
    HELD = "HELD"
    CUSTOMER_HELD = "CUSTOMER_HELD"


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop in force; ``until`` is the first civil day on which it no longer counts, None: until ended."""

    kind: StopKind
    id: str
    since: date
    until: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed with one customer, as judged on a day (None: no time yet)."""

    agreements: Sequence[Agreement]
    verdicts: Mapping[str, Verdict]
    today: date | None
    calendar: DayCalendar


def stops_of(invoice_id: str, *, agreed: Agreed) -> tuple[Stop, ...]:
    """Return the stops in force on ``today`` at an open invoice and at its customer, ordered by kind and id.

    Without a date (no time yet) everything that was not ended is in force.
    """
    found: list[Stop] = []
    for agreement in agreed.agreements:
        if agreement.invoice_ids and invoice_id not in agreement.invoice_ids:
            continue
        stop = _stop(agreement, agreed.calendar)
        verdict = agreed.verdicts.get(agreement.agreement_id)
        is_broken = verdict is not None and verdict.state is AgreementState.BROKEN
        if agreement.ended_on is None and not is_broken and _is_in_force(stop, agreed.today):
            found.append(stop)
    return tuple(sorted(found, key=lambda stop: (stop.kind, stop.id)))


def customer_stops(holds: Sequence[Agreement], *, today: date | None) -> tuple[Stop, ...]:
    """Return the holds in force on the customer as a whole."""
    stops = [
        _held(hold)
        for hold in holds
        if isinstance(hold, Hold) and not hold.invoice_ids and hold.ended_on is None
    ]
    return tuple(sorted((stop for stop in stops if _is_in_force(stop, today)), key=lambda stop: stop.id))


def no_evidence(invoice_id: str, *, settlement: Settlement, agreed: Agreed) -> str:
    """Say why an invoice is no evidence for the tier (personalisation.md 4), '' when it is.

    A dispute that has begun counts for good. An invoice paid in full while its promise or plan is kept,
    or not broken so far, is none either; nor is one that was credited in full.
    """
    mine = [agreement for agreement in agreed.agreements if invoice_id in agreement.invoice_ids]
    if any(_has_begun(dispute, agreed.today) for dispute in mine if isinstance(dispute, Dispute)):
        return "DISPUTED"
    if settlement.settled_on is not None and settlement.status is Status.PAID:
        for agreement in mine:
            if isinstance(agreement, Promise | Plan) and _settled_under(
                agreement, agreed.verdicts[agreement.agreement_id], settlement.settled_on, agreed.calendar
            ):
                return "KEPT_PROMISE" if isinstance(agreement, Promise) else "KEPT_PLAN"
    return "CREDITED" if settlement.status is Status.CREDITED else ""


def _has_begun(dispute: Dispute, today: date | None) -> bool:
    begun_by = dispute.ended_on or today
    return begun_by is None or dispute.since_on <= begun_by


def _settled_under(
    agreement: Promise | Plan, verdict: Verdict, settled_on: date, calendar: DayCalendar
) -> bool:
    if verdict.state not in (AgreementState.KEPT, AgreementState.OPEN):
        return False
    return agreement.since_on <= settled_on <= last_day_of(agreement, calendar=calendar)


def _stop(agreement: Agreement, calendar: DayCalendar) -> Stop:
    match agreement:
        case Dispute():
            return Stop(
                StopKind.DISPUTED, agreement.agreement_id, agreement.since_on, reason=agreement.reason_code
            )
        case Hold():
            return _held(agreement)
        case Promise():
            until = last_day_of(agreement, calendar=calendar) + timedelta(days=1)
            return Stop(StopKind.PROMISED, agreement.agreement_id, agreement.since_on, until, agreement.note)
        case Plan():
            until = last_day_of(agreement, calendar=calendar) + timedelta(days=1)
            return Stop(StopKind.PLANNED, agreement.agreement_id, agreement.since_on, until)


def _held(hold: Hold) -> Stop:
    kind = StopKind.HELD if hold.invoice_ids else StopKind.CUSTOMER_HELD
    return Stop(kind, hold.agreement_id, hold.since_on, hold.until + timedelta(days=1), hold.reason)


def _is_in_force(stop: Stop, today: date | None) -> bool:
    if today is None:
        return True
    return stop.since <= today and (stop.until is None or today < stop.until)
