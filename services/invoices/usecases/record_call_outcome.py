"""Let the outcome of a call drive the machine: promised, disputed, in approval (W12)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chassis.kernel.calendar import local_day
from chassis.kernel.errors import Poison
from chassis.kernel.ids import derived_id
from chassis.kernel.money import read_amount
from invoices.domain.agreement import Agreement, Dispute, Hold, Promise
from invoices.domain.records import InvoiceState
from invoices.usecases.open_account import Account

IN_APPROVAL_DAYS = 5
"""Days for which an invoice is held once the customer says that it is being approved (W12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutcome:
    """What came of a call about invoices; ``promise_on`` only where the customer promised."""

    creditor_id: str
    customer_id: str
    contact_id: str
    at: datetime
    result: str
    invoice_ids: tuple[str, ...]
    reason_code: str = ""
    note: str = ""
    promise_on: date | None = None
    promise_invoice_ids: tuple[str, ...] = ()
    promise_amount: str = ""
    promise_note: str = ""


async def record_call_outcome(account: Account, outcome: CallOutcome) -> None:
    """Make what the outcome asks for, once per contact; other results change no open item."""
    known = await account.book.agreements(outcome.creditor_id, customer_ids=[outcome.customer_id])
    wanted = outcome.promise_invoice_ids or outcome.invoice_ids
    found = await account.book.invoices(outcome.creditor_id, invoice_ids=wanted)
    states = [
        record.state
        for _, record in sorted(found.items())
        if record.state is not None and record.state.fact.customer_id == outcome.customer_id
    ]
    made = [
        agreement
        for agreement in _agreements(account, outcome, states)
        if agreement.agreement_id not in known
    ]
    if made:
        moment = replace(account.moment, told_at=max(account.moment.told_at, outcome.at))
        await replace(account, moment=moment).agree(*made)


def _agreements(account: Account, outcome: CallOutcome, states: list[InvoiceState]) -> list[Agreement]:
    if not states:
        return []
    day = local_day(outcome.at, zone=account.creditor.settings(account.moment.now).zone)
    match outcome.result:
        case "PROMISED" if outcome.promise_on is not None:
            return [_promise(outcome, states, day, outcome.promise_on)]
        case "DISPUTED":
            return [_dispute(outcome, state, day) for state in states]
        case "IN_APPROVAL":
            return [_hold(outcome, state, day) for state in states]
        case _:
            return []


def _promise(outcome: CallOutcome, states: list[InvoiceState], day: date, on: date) -> Promise:
    currencies = {state.fact.currency for state in states}
    amount = None
    if outcome.promise_amount and len(currencies) == 1:
        field = "call_outcome.promise.amount"
        amount = read_amount(outcome.promise_amount, currency=currencies.pop(), field=field)
        if amount <= 0:
            raise Poison("a promised amount is above zero", field=field)
    return Promise(
        agreement_id=derived_id("promise", outcome.creditor_id, outcome.contact_id),
        creditor_id=outcome.creditor_id,
        customer_id=outcome.customer_id,
        invoice_ids=tuple(state.fact.invoice_id for state in states),
        since_on=day,
        made_at=outcome.at,
        on=on,
        amount=amount,
        note=outcome.promise_note or outcome.note,
    )


def _dispute(outcome: CallOutcome, state: InvoiceState, day: date) -> Dispute:
    invoice_id = state.fact.invoice_id
    return Dispute(
        agreement_id=derived_id("dispute", outcome.creditor_id, outcome.contact_id, invoice_id),
        creditor_id=outcome.creditor_id,
        customer_id=outcome.customer_id,
        invoice_ids=(invoice_id,),
        since_on=day,
        made_at=outcome.at,
        reason_code=outcome.reason_code or "OTHER",
        note=outcome.note,
    )


def _hold(outcome: CallOutcome, state: InvoiceState, day: date) -> Hold:
    invoice_id = state.fact.invoice_id
    return Hold(
        agreement_id=derived_id("hold", outcome.creditor_id, outcome.contact_id, invoice_id),
        creditor_id=outcome.creditor_id,
        customer_id=outcome.customer_id,
        invoice_ids=(invoice_id,),
        since_on=day,
        made_at=outcome.at,
        until=day + timedelta(days=IN_APPROVAL_DAYS),
        reason="IN_APPROVAL",
        owner=outcome.contact_id,
    )
