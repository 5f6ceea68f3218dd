"""Hold the dunning of one invoice or of a whole customer, with an owner and a reason (W20)."""

from dataclasses import dataclass
from datetime import date

from chassis.kernel.errors import Rejected
from invoices.domain.agreement import Hold
from invoices.usecases.open_account import Account, needed_text


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Nothing is asked for up to and including ``until``, a civil day of the creditor."""

    until: date
    reason: str
    owner: str


async def hold_invoice(account: Account, invoice_id: str, *, request: HoldRequest) -> str:
    """Hold one invoice and return the hold's id; raises NotFound and Rejected."""
    state = await account.invoice(invoice_id)
    return await _hold(account, state.fact.customer_id, (invoice_id,), request)


async def hold_customer(account: Account, customer_id: str, *, request: HoldRequest) -> str:
    """Hold everything of a customer and return the hold's id; raises NotFound and Rejected."""
    await account.must_know(customer_id)
    return await _hold(account, customer_id, (), request)


async def _hold(
    account: Account, customer_id: str, invoice_ids: tuple[str, ...], request: HoldRequest
) -> str:
    if request.until < account.today:
        raise Rejected("it would have ended before it begins", field="until")
    hold = Hold(
        agreement_id=await account.next_id("hold", customer_id=customer_id),
        creditor_id=account.creditor.creditor_id,
        customer_id=customer_id,
        invoice_ids=invoice_ids,
        since_on=account.today,
        made_at=account.moment.told_at,
        until=request.until,
        reason=needed_text(request.reason, field="reason"),
        owner=needed_text(request.owner, field="owner"),
    )
    await account.agree(hold)
    return hold.agreement_id
