"""How open items are shown: the names that programs outside rely on (contract section 4)."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from chassis.http.shapes import AmountShown, word
from chassis.kernel.money import amount_text
from invoices.domain.agreement import Agreement, Dispute, Hold, Plan, Promise
from invoices.domain.facts import Payment, WriteOff
from invoices.domain.position import Balance, Bucket
from invoices.domain.records import AgreementRecord, InvoiceRecord, InvoiceState, MoneyRecord
from invoices.domain.stop import StopKind


class MoneyShown(BaseModel):
    """An exact amount."""

    currency: Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})]
    amount: AmountShown


class StopShown(BaseModel):
    """Why nothing may be asked for now; ``until`` is the first day on which it no longer counts."""

    kind: Annotated[str, word(*StopKind)]
    id: str
    since: date
    until: date | None
    reason: str


class InvoiceShown(BaseModel):
    """An invoice as it stands."""

    invoice_id: str
    customer_id: str
    issued_on: date
    due_on: date
    amount: MoneyShown
    open: MoneyShown
    status: Annotated[str, word("OPEN", "PAID", "CREDITED", "WRITTEN_OFF")]
    version: int
    paid: AmountShown
    credited: AmountShown
    written_off: AmountShown
    settled_on: date | None
    stops: list[StopShown]
    payment_reference: str
    order_reference: str
    document_url: str


class BalanceShown(BaseModel):
    """What a customer owes in one currency."""

    currency: str
    open: AmountShown
    overdue: AmountShown
    unapplied: AmountShown
    credit_limit: AmountShown | None
    credit_left: AmountShown | None


class PositionShown(BaseModel):
    """The answer to "may I ship?"."""

    customer_id: str
    balances: list[BalanceShown]
    oldest_overdue_on: date | None
    on_hold: bool
    caught_up_to: datetime


class BucketShown(BaseModel):
    """What is open, so many days after its due date; no bound: null."""

    currency: str
    from_days: int | None
    to_days: int | None
    amount: AmountShown
    count: int


class AgingShown(BaseModel):
    """How old the open items are."""

    as_of: date
    buckets: list[BucketShown]


class UnappliedShown(BaseModel):
    """A payment of which something is left."""

    payment_id: str
    customer_id: str
    received_on: date
    amount: MoneyShown
    unapplied: MoneyShown
    payment_reference: str
    payer_name: str
    remittance: str


class AgreementShown(BaseModel):
    """What all agreements have; what is their own stands beside it."""

    customer_id: str
    invoice_ids: list[str]
    since: date
    made_at: datetime
    state: Annotated[str, word("OPEN", "KEPT", "BROKEN", "ENDED")]
    ended_on: date | None
    broken_on: date | None


class DisputeShown(AgreementShown):
    """A dispute."""

    dispute_id: str
    reason_code: str
    amount: AmountShown | None
    note: str


class HoldShown(AgreementShown):
    """A hold; ``until`` is its last day."""

    hold_id: str
    until: date
    reason: str
    owner: str


class PromiseShown(AgreementShown):
    """A promise; without ``amount`` it is for everything open on its invoices."""

    promise_id: str
    on: date
    amount: AmountShown | None
    note: str


class InstalmentShown(BaseModel):
    """One part of a plan."""

    on: date
    amount: AmountShown


class PlanShown(AgreementShown):
    """A payment plan."""

    plan_id: str
    instalments: list[InstalmentShown]


class WriteOffShown(BaseModel):
    """A write-off; taken back: its amount is zero."""

    write_off_id: str
    invoice_id: str
    written_off_on: date
    amount: MoneyShown
    reason: str
    state: Annotated[str, word("OPEN", "ENDED")]


def show_invoice(record: InvoiceRecord, state: InvoiceState) -> InvoiceShown:
    """Return an invoice in effect as it is shown."""
    fact, settlement = state.fact, state.settlement
    currency = fact.currency

    def money(amount: Any) -> str:
        return amount_text(amount, currency=currency)

    return InvoiceShown(
        invoice_id=fact.invoice_id,
        customer_id=fact.customer_id,
        issued_on=fact.issued_on,
        due_on=state.due_on,
        amount=MoneyShown(currency=currency, amount=money(fact.amount)),
        open=MoneyShown(currency=currency, amount=money(settlement.open)),
        status=settlement.status.value,
        version=record.version,
        paid=money(settlement.paid),
        credited=money(settlement.credited),
        written_off=money(settlement.written_off),
        settled_on=settlement.settled_on,
        stops=[
            StopShown(kind=stop.kind, id=stop.id, since=stop.since, until=stop.until, reason=stop.reason)
            for stop in state.stops
        ],
        payment_reference=fact.payment_reference,
        order_reference=fact.order_reference,
        document_url=fact.document_url,
    )


def show_balance(balance: Balance) -> BalanceShown:
    """Return a balance as it is shown."""

    def money(amount: Any) -> str:
        return amount_text(amount, currency=balance.currency)

    return BalanceShown(
        currency=balance.currency,
        open=money(balance.open),
        overdue=money(balance.overdue),
        unapplied=money(balance.unapplied),
        credit_limit=None if balance.credit_limit is None else money(balance.credit_limit),
        credit_left=None if balance.credit_left is None else money(balance.credit_left),
    )


def show_bucket(bucket: Bucket) -> BucketShown:
    """Return a line of the aging report as it is shown."""
    return BucketShown(
        currency=bucket.currency,
        from_days=bucket.from_days,
        to_days=bucket.to_days,
        amount=amount_text(bucket.amount, currency=bucket.currency),
        count=bucket.count,
    )


def show_unapplied(record: MoneyRecord) -> UnappliedShown | None:
    """Return a payment with unapplied money as it is shown."""
    state = record.state
    if state is None or not isinstance(state.fact, Payment):
        return None
    fact = state.fact
    return UnappliedShown(
        payment_id=fact.fact_id,
        customer_id=state.owner_id,
        received_on=fact.on,
        amount=_money(fact.amount, fact.currency),
        unapplied=_money(state.unapplied, fact.currency),
        payment_reference=fact.payment_reference,
        payer_name=fact.payer_name,
        remittance=fact.remittance,
    )


def show_agreement(record: AgreementRecord) -> DisputeShown | HoldShown | PromiseShown | PlanShown:
    """Return a dispute, hold, promise or plan as it is shown."""
    agreement = record.agreement
    shared = _shared(record, agreement)
    match agreement:
        case Dispute():
            amount = None if agreement.amount is None else f"{agreement.amount:f}"
            return DisputeShown(
                dispute_id=agreement.agreement_id,
                reason_code=agreement.reason_code,
                amount=amount,
                note=agreement.note,
                **shared,
            )
        case Hold():
            return HoldShown(
                hold_id=agreement.agreement_id,
                until=agreement.until,
                reason=agreement.reason,
                owner=agreement.owner,
                **shared,
            )
        case Promise():
            amount = None if agreement.amount is None else f"{agreement.amount:f}"
            return PromiseShown(
                promise_id=agreement.agreement_id,
                on=agreement.on,
                amount=amount,
                note=agreement.note,
                **shared,
            )
        case Plan():
            parts = [InstalmentShown(on=part.on, amount=f"{part.amount:f}") for part in agreement.instalments]
            return PlanShown(plan_id=agreement.agreement_id, instalments=parts, **shared)


def show_write_off(record: MoneyRecord) -> WriteOffShown | None:
    """Return a write-off as it is shown."""
    fact = record.versions[0]
    if not isinstance(fact, WriteOff):
        return None
    return WriteOffShown(
        write_off_id=fact.fact_id,
        invoice_id=fact.invoice_id,
        written_off_on=fact.on,
        amount=_money(fact.amount, fact.currency),
        reason=fact.reason,
        state="OPEN" if fact.amount else "ENDED",
    )


def _shared(record: AgreementRecord, agreement: Agreement) -> dict[str, Any]:
    return {
        "customer_id": agreement.customer_id,
        "invoice_ids": list(agreement.invoice_ids),
        "since": agreement.since_on,
        "made_at": agreement.made_at,
        "state": "ENDED" if agreement.ended_on is not None and record.state == "OPEN" else record.state.value,
        "ended_on": agreement.ended_on,
        "broken_on": record.broken_on,
    }


def _money(amount: Any, currency: str) -> MoneyShown:
    return MoneyShown(currency=currency, amount=amount_text(amount, currency=currency))
