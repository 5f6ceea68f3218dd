"""Record that a customer promised to pay: the promise holds just its invoices (W10)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chassis.kernel.errors import Poison, Rejected
from chassis.kernel.money import read_amount
from invoices.domain.agreement import Promise
from invoices.domain.records import InvoiceState
from invoices.usecases.open_account import Account, short_text


@dataclass(frozen=True, slots=True)
class PromiseRequest:
    """What was promised; no ``invoice_ids``: all that are open, ``amount`` '': everything open on them."""

    on: date
    invoice_ids: tuple[str, ...] = ()
    amount: str = ""
    note: str = ""


async def promise_payment(account: Account, customer_id: str, *, request: PromiseRequest) -> str:
    """Make a promise and return its id; raises NotFound and Rejected."""
    states = await account.invoices_of(customer_id, invoice_ids=request.invoice_ids)
    if request.on < account.today:
        raise Rejected("a promise is for today or later", field="on")
    promise = Promise(
        agreement_id=await account.next_id("promise", customer_id=customer_id),
        creditor_id=account.creditor.creditor_id,
        customer_id=customer_id,
        invoice_ids=tuple(state.fact.invoice_id for state in states),
        since_on=account.today,
        made_at=account.moment.told_at,
        on=request.on,
        amount=_amount(request.amount, states),
        note=short_text(request.note, field="note"),
    )
    await account.agree(promise)
    return promise.agreement_id


def one_currency(states: list[InvoiceState], *, field: str) -> str:
    """Return the currency that all invoices share; raises Rejected when there are several."""
    currencies = sorted({state.fact.currency for state in states})
    if len(currencies) != 1:
        raise Rejected("the invoices are in several currencies: an amount would not be clear", field=field)
    return currencies[0]


def read_positive(text: str, *, currency: str, field: str) -> Decimal:
    """Read an amount above zero that a person gave; raises Rejected."""
    try:
        amount = read_amount(text, currency=currency, field=field)
    except Poison as error:
        raise Rejected(error.reason, field=field) from error
    if amount <= 0:
        raise Rejected("an amount above zero is needed", field=field)
    return amount


def _amount(text: str, states: list[InvoiceState]) -> Decimal | None:
    if not text:
        return None
    return read_positive(text, currency=one_currency(states, field="amount"), field="amount")
