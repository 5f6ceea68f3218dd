"""Assign unapplied money to invoices by hand: an explicit share, as if the payer had named it."""

from dataclasses import replace
from decimal import Decimal

from chassis.kernel.errors import NotFound, Rejected
from invoices.domain.facts import Explicit, MoneyKind, Payment
from invoices.domain.matching import money_keys
from invoices.usecases.gather_case import Seeds
from invoices.usecases.open_account import Account
from invoices.usecases.promise_payment import read_positive


async def assign_payment(account: Account, payment_id: str, *, shares: list[tuple[str, str]]) -> None:
    """Give (invoice, decimal amount) shares of a payment to invoices; raises NotFound and Rejected."""
    key = (MoneyKind.PAYMENT, payment_id)
    record = (await account.book.money(account.creditor.creditor_id, keys=[key])).get(key)
    if record is None or record.state is None or not record.state.in_effect:
        raise NotFound(f"there is no payment {payment_id!r}")
    fact = record.state.fact
    if not isinstance(fact, Payment) or not shares:
        raise Rejected("name at least one invoice", field="allocations")
    assigned: list[Explicit] = []
    for index, (invoice_id, text) in enumerate(shares):
        path = f"allocations[{index}]"
        amount = read_positive(text, currency=fact.currency, field=f"{path}.amount")
        await _must_fit(account, invoice_id, fact, amount, path)
        assigned.append(Explicit(invoice_id, amount))
    if sum((share.amount for share in assigned), Decimal(0)) > record.state.unapplied:
        raise Rejected("that is more than what is left of the payment", field="allocations")
    seeds = Seeds(changed_money={key: replace(record, assigned=(*record.assigned, *assigned))})
    seeds.keys.update(money_keys(fact, assigned=record.assigned))
    await account.judge(seeds)


async def _must_fit(account: Account, invoice_id: str, fact: Payment, amount: Decimal, path: str) -> None:
    try:
        state = await account.invoice(invoice_id)
    except NotFound as error:
        raise Rejected(error.reason, field=f"{path}.invoice_id") from error
    if state.fact.currency != fact.currency:
        raise Rejected("the invoice is in another currency", field=f"{path}.invoice_id")
    if amount > state.settlement.open:
        raise Rejected("that is more than what is open on the invoice", field=f"{path}.amount")
