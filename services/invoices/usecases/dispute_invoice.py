"""Dispute an invoice: it stops until a person ends the dispute or it is settled."""

from dataclasses import dataclass
from datetime import date

from invoices.domain.agreement import Dispute
from invoices.usecases.open_account import Account, needed_text, short_text
from invoices.usecases.promise_payment import read_positive


@dataclass(frozen=True, slots=True)
class DisputeRequest:
    """What the customer contests; ``on`` None: from today, ``amount`` '': all of it."""

    reason_code: str
    amount: str = ""
    on: date | None = None
    note: str = ""


async def dispute_invoice(account: Account, invoice_id: str, *, request: DisputeRequest) -> str:
    """Make a dispute and return its id; raises NotFound and Rejected."""
    state = await account.invoice(invoice_id)
    currency = state.fact.currency
    customer_id = state.fact.customer_id
    dispute = Dispute(
        agreement_id=await account.next_id("dispute", customer_id=customer_id),
        creditor_id=state.fact.creditor_id,
        customer_id=customer_id,
        invoice_ids=(invoice_id,),
        since_on=request.on or account.today,
        made_at=account.moment.told_at,
        reason_code=needed_text(request.reason_code, field="reason_code"),
        amount=read_positive(request.amount, currency=currency, field="amount") if request.amount else None,
        note=short_text(request.note, field="note"),
    )
    await account.agree(dispute)
    return dispute.agreement_id
