"""Agree a payment plan: instalments replace immediate payment of the invoices (S52)."""

from dataclasses import dataclass
from datetime import date

from chassis.kernel.errors import Rejected
from invoices.domain.agreement import Instalment, Plan
from invoices.usecases.open_account import Account
from invoices.usecases.promise_payment import one_currency, read_positive

INSTALMENTS_MAX = 120
"""Ten years of months."""


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """The invoices, and (day, decimal amount) of each instalment."""

    invoice_ids: tuple[str, ...]
    instalments: tuple[tuple[date, str], ...]


async def agree_plan(account: Account, customer_id: str, *, request: PlanRequest) -> str:
    """Make a payment plan and return its id; raises NotFound and Rejected."""
    if not request.invoice_ids:
        raise Rejected("a plan names its invoices", field="invoice_ids")
    if not 0 < len(request.instalments) <= INSTALMENTS_MAX:
        raise Rejected(f"a plan has 1 to {INSTALMENTS_MAX} instalments", field="instalments")
    states = await account.invoices_of(customer_id, invoice_ids=request.invoice_ids)
    currency = one_currency(states, field="invoice_ids")
    instalments = []
    for index, (day, amount) in enumerate(request.instalments):
        if day < account.today:
            raise Rejected("an instalment is for today or later", field=f"instalments[{index}].on")
        field = f"instalments[{index}].amount"
        instalments.append(Instalment(on=day, amount=read_positive(amount, currency=currency, field=field)))
    plan = Plan(
        agreement_id=await account.next_id("plan", customer_id=customer_id),
        creditor_id=account.creditor.creditor_id,
        customer_id=customer_id,
        invoice_ids=tuple(state.fact.invoice_id for state in states),
        since_on=account.today,
        made_at=account.moment.told_at,
        instalments=tuple(sorted(instalments, key=lambda part: (part.on, part.amount))),
    )
    await account.agree(plan)
    return plan.agreement_id
