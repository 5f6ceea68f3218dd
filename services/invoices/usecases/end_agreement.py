"""End a dispute, hold, promise or plan: dunning goes on; a promise ended is neither kept nor broken."""

from dataclasses import replace

from chassis.kernel.errors import Conflict, NotFound
from invoices.domain.agreement import AgreementKind, AgreementState
from invoices.domain.records import AgreementRecord
from invoices.usecases.open_account import Account


async def end_agreement(
    account: Account, kind: AgreementKind, *, agreement_id: str, customer_id: str, invoice_id: str = ""
) -> None:
    """End the agreement from now on; raises NotFound, and Conflict when it had ended or broken already."""
    record = await find_agreement(
        account, kind, agreement_id=agreement_id, customer_id=customer_id, invoice_id=invoice_id
    )
    if record.agreement.ended_on is not None or record.state is AgreementState.BROKEN:
        broken = record.agreement.ended_on is None
        raise Conflict(f"it is not in force any more: it {'was broken' if broken else 'has ended'} already")
    await account.agree(replace(record.agreement, ended_on=account.today))


async def find_agreement(
    account: Account, kind: AgreementKind, *, agreement_id: str, customer_id: str, invoice_id: str = ""
) -> AgreementRecord:
    """Return an agreement of this customer (and invoice); raises NotFound."""
    known = await account.book.agreements(account.creditor.creditor_id, customer_ids=[customer_id])
    record = known.get(agreement_id)
    if record is None or record.agreement.kind is not kind or not _is_at(record, invoice_id):
        raise NotFound(f"there is no such {kind.value.lower()}")
    return record


def _is_at(record: AgreementRecord, invoice_id: str) -> bool:
    """Say whether it is reached by this path: an invoice's only at its invoice, a customer's at none."""
    ids = record.agreement.invoice_ids
    if record.agreement.kind in (AgreementKind.PROMISE, AgreementKind.PLAN):
        return not invoice_id
    return invoice_id in ids if ids else not invoice_id
