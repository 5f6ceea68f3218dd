"""Write off an invoice or a part of it, and take that back."""

from dataclasses import replace

from chassis.kernel.errors import Conflict, NotFound, Rejected
from chassis.kernel.ids import derived_id
from invoices.domain.allocation import ZERO
from invoices.domain.facts import MoneyKind, WriteOff
from invoices.domain.matching import id_key
from invoices.domain.records import MoneyRecord
from invoices.domain.versions import Stamp
from invoices.usecases.gather_case import Seeds
from invoices.usecases.open_account import Account, needed_text
from invoices.usecases.promise_payment import read_positive

SOURCE = "/velvet/invoices/api"
"""Source of facts that a person tells through the API."""


async def write_off_invoice(account: Account, invoice_id: str, *, reason: str, amount: str = "") -> str:
    """Write off ``amount`` ('': all that is open) and return the write-off's id; raises NotFound, Rejected."""
    state = await account.invoice(invoice_id)
    fact, still_open = state.fact, state.settlement.open
    if still_open <= 0:
        raise Rejected("nothing is open on this invoice")
    written_off = read_positive(amount, currency=fact.currency, field="amount") if amount else still_open
    if written_off > still_open:
        raise Rejected("more than what is open cannot be written off", field="amount")
    known = await account.book.money_naming(fact.creditor_id, keys=[id_key(invoice_id)])
    number = sum(1 for kind, _ in known if kind is MoneyKind.WRITE_OFF)
    write_off = WriteOff(
        creditor_id=fact.creditor_id,
        fact_id=derived_id("write-off", fact.creditor_id, invoice_id, str(number)),
        on=account.today,
        currency=fact.currency,
        amount=written_off,
        stamp=Stamp(account.moment.told_at, "1", SOURCE),
        invoice_id=invoice_id,
        reason=needed_text(reason, field="reason"),
    )
    await account.judge(Seeds(changed_money={(write_off.kind, write_off.fact_id): _record(write_off)}))
    return write_off.fact_id


async def end_write_off(account: Account, invoice_id: str, *, write_off_id: str) -> None:
    """Take a write-off back: what it covered is open again; raises NotFound and Conflict."""
    key = (MoneyKind.WRITE_OFF, write_off_id)
    record = (await account.book.money(account.creditor.creditor_id, keys=[key])).get(key)
    fact = record.versions[0] if record is not None else None
    if record is None or not isinstance(fact, WriteOff) or fact.invoice_id != invoice_id:
        raise NotFound("there is no such write-off")
    if fact.amount == 0:
        raise Conflict("it was taken back already")
    # The later stamp wins over the write-off itself; an ERP that writes off anew wins over this one.
    stamp = Stamp(max(account.moment.told_at, fact.stamp.time), f"{fact.stamp.id}~ended", SOURCE)
    ended = replace(fact, amount=ZERO, stamp=stamp)
    await account.judge(Seeds(changed_money={key: replace(record, versions=(ended,))}))


def _record(write_off: WriteOff) -> MoneyRecord:
    return MoneyRecord(versions=(write_off,))
