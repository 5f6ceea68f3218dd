"""Disputes, holds, promises, payment plans and write-offs: made, listed and ended."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from chassis.http.auth import Principal
from chassis.http.paging import Page, PageRequest, Paging
from chassis.http.shapes import NO_NUL, AmountText, Day
from chassis.kernel.errors import NotFound
from invoices.domain.agreement import AgreementKind
from invoices.domain.records import AgreementRecord
from invoices.entrypoints.desk import Desk, Reader, Writer
from invoices.entrypoints.fields import ID_CHARS_MAX
from invoices.entrypoints.http import Id
from invoices.entrypoints.shown import (
    DisputeShown,
    HoldShown,
    PlanShown,
    PromiseShown,
    WriteOffShown,
    show_agreement,
    show_write_off,
)
from invoices.usecases.agree_plan import INSTALMENTS_MAX, PlanRequest, agree_plan
from invoices.usecases.dispute_invoice import DisputeRequest, dispute_invoice
from invoices.usecases.end_agreement import end_agreement, find_agreement
from invoices.usecases.hold_dunning import HoldRequest, hold_customer, hold_invoice
from invoices.usecases.open_account import TEXT_CHARS_MAX, Account
from invoices.usecases.promise_payment import PromiseRequest, promise_payment
from invoices.usecases.write_off_invoice import end_write_off, write_off_invoice

Text = Annotated[str, Field(max_length=TEXT_CHARS_MAX, pattern=NO_NUL)]
Code = Annotated[str, Field(min_length=1, max_length=ID_CHARS_MAX, pattern=NO_NUL)]


class DisputeBody(BaseModel):
    """What the customer contests; without ``on``: from today, without ``amount``: all of it."""

    reason_code: Code
    amount: AmountText | None = None
    on: Day | None = None
    note: Text = ""


class HoldBody(BaseModel):
    """Nothing is asked for up to and including ``until``."""

    until: Day
    reason: Annotated[Text, Field(min_length=1)]
    owner: Code


class PromiseBody(BaseModel):
    """What the customer promised; without ``invoice_ids``: all that are open, without ``amount``: all of it."""

    on: Day
    invoice_ids: list[Code] = Field(default_factory=list, max_length=1000)
    amount: AmountText | None = None
    note: Text = ""


class InstalmentBody(BaseModel):
    """One part of a plan."""

    on: Day
    amount: AmountText


class PlanBody(BaseModel):
    """Invoices and their instalments."""

    invoice_ids: list[Code] = Field(min_length=1, max_length=1000)
    instalments: list[InstalmentBody] = Field(min_length=1, max_length=INSTALMENTS_MAX)


class WriteOffBody(BaseModel):
    """What is given up; without ``amount``: all that is open."""

    amount: AmountText | None = None
    reason: Annotated[Text, Field(min_length=1)]


def agreements_router(desk: Desk) -> APIRouter:
    """Return the routes for what is agreed or contested."""
    router = APIRouter(prefix="/v1", tags=["agreements"])
    _add_disputes(router, desk)
    _add_invoice_holds(router, desk)
    _add_write_offs(router, desk)
    _add_customer_holds(router, desk)
    _add_promises(router, desk)
    _add_plans(router, desk)
    return router


def _add_disputes(router: APIRouter, desk: Desk) -> None:
    kind = AgreementKind.DISPUTE

    @router.post("/invoices/{invoice_id}/disputes", summary="Dispute an invoice", status_code=201)
    async def make(caller: Writer, invoice_id: Id, body: DisputeBody) -> DisputeShown:
        """Nothing is asked for until the dispute is ended or the invoice is paid."""
        request = DisputeRequest(
            reason_code=body.reason_code, amount=body.amount or "", on=body.on, note=body.note
        )
        async with desk.account(caller) as account:
            dispute_id = await dispute_invoice(account, invoice_id, request=request)
            shown: Any = await _shown(account, kind, dispute_id, invoice_id=invoice_id)
        return DisputeShown.model_validate(shown)

    @router.get("/invoices/{invoice_id}/disputes", summary="List an invoice's disputes")
    async def listed(caller: Reader, paging: Paging, invoice_id: Id) -> Page[DisputeShown]:
        """All disputes of the invoice, ended ones too."""
        return Page[DisputeShown](**await _of_invoice(desk, caller, paging, invoice_id, kind))

    @router.post("/invoices/{invoice_id}/disputes/{dispute_id}/end", summary="End a dispute")
    async def end(caller: Writer, invoice_id: Id, dispute_id: Id) -> DisputeShown:
        """From now on the invoice is asked for again."""
        return DisputeShown.model_validate(await _end_at_invoice(desk, caller, invoice_id, dispute_id, kind))


def _add_invoice_holds(router: APIRouter, desk: Desk) -> None:
    kind = AgreementKind.HOLD

    @router.post("/invoices/{invoice_id}/holds", summary="Hold an invoice", status_code=201)
    async def make(caller: Writer, invoice_id: Id, body: HoldBody) -> HoldShown:
        """Nothing is asked for up to and including a day."""
        request = HoldRequest(until=body.until, reason=body.reason, owner=body.owner)
        async with desk.account(caller) as account:
            hold_id = await hold_invoice(account, invoice_id, request=request)
            shown: Any = await _shown(account, kind, hold_id, invoice_id=invoice_id)
        return HoldShown.model_validate(shown)

    @router.get("/invoices/{invoice_id}/holds", summary="List an invoice's holds")
    async def listed(caller: Reader, paging: Paging, invoice_id: Id) -> Page[HoldShown]:
        """All holds of the invoice, ended ones too."""
        return Page[HoldShown](**await _of_invoice(desk, caller, paging, invoice_id, kind))

    @router.post("/invoices/{invoice_id}/holds/{hold_id}/end", summary="End a hold")
    async def end(caller: Writer, invoice_id: Id, hold_id: Id) -> HoldShown:
        """From now on the invoice is asked for again."""
        return HoldShown.model_validate(await _end_at_invoice(desk, caller, invoice_id, hold_id, kind))


def _add_write_offs(router: APIRouter, desk: Desk) -> None:
    @router.post("/invoices/{invoice_id}/write-off", summary="Write off an invoice", status_code=201)
    async def make(caller: Writer, invoice_id: Id, body: WriteOffBody) -> WriteOffShown:
        """Give up all that is open, or a part of it."""
        async with desk.account(caller) as account:
            write_off_id = await write_off_invoice(
                account, invoice_id, reason=body.reason, amount=body.amount or ""
            )
        return await _write_off(desk, caller, invoice_id, write_off_id)

    @router.get("/invoices/{invoice_id}/write-off", summary="List an invoice's write-offs")
    async def listed(caller: Reader, paging: Paging, invoice_id: Id) -> Page[WriteOffShown]:
        """All write-offs of the invoice, those taken back too."""
        items = await _write_offs(desk, caller, invoice_id)
        return Page[WriteOffShown](**_page(items, paging, lambda item: item.write_off_id))

    @router.post("/invoices/{invoice_id}/write-off/{write_off_id}/end", summary="Take back a write-off")
    async def end(caller: Writer, invoice_id: Id, write_off_id: Id) -> WriteOffShown:
        """Open again what it covered."""
        async with desk.account(caller) as account:
            await end_write_off(account, invoice_id, write_off_id=write_off_id)
        return await _write_off(desk, caller, invoice_id, write_off_id)


def _add_customer_holds(router: APIRouter, desk: Desk) -> None:
    kind = AgreementKind.HOLD

    @router.post("/customers/{customer_id}/holds", summary="Hold a customer", status_code=201)
    async def make(caller: Writer, customer_id: Id, body: HoldBody) -> HoldShown:
        """Nothing of this customer is asked for up to and including a day."""
        request = HoldRequest(until=body.until, reason=body.reason, owner=body.owner)
        async with desk.account(caller) as account:
            hold_id = await hold_customer(account, customer_id, request=request)
            shown: Any = await _shown(account, kind, hold_id, customer_id=customer_id)
        return HoldShown.model_validate(shown)

    @router.get("/customers/{customer_id}/holds", summary="List a customer's holds")
    async def listed(caller: Reader, paging: Paging, customer_id: Id) -> Page[HoldShown]:
        """All holds on the customer as a whole, ended ones too."""
        return Page[HoldShown](**await _of_customer(desk, caller, paging, customer_id, kind))

    @router.post("/customers/{customer_id}/holds/{hold_id}/end", summary="End a customer's hold")
    async def end(caller: Writer, customer_id: Id, hold_id: Id) -> HoldShown:
        """From now on the customer's invoices are asked for again."""
        return HoldShown.model_validate(await _end_at_customer(desk, caller, customer_id, hold_id, kind))


def _add_promises(router: APIRouter, desk: Desk) -> None:
    kind = AgreementKind.PROMISE

    @router.post("/customers/{customer_id}/promises", summary="Record a promise", status_code=201)
    async def make(caller: Writer, customer_id: Id, body: PromiseBody) -> PromiseShown:
        """Hold just the promised invoices, until two bank days after the promised day."""
        request = PromiseRequest(
            on=body.on, invoice_ids=tuple(body.invoice_ids), amount=body.amount or "", note=body.note
        )
        async with desk.account(caller) as account:
            promise_id = await promise_payment(account, customer_id, request=request)
            shown: Any = await _shown(account, kind, promise_id, customer_id=customer_id)
        return PromiseShown.model_validate(shown)

    @router.get("/customers/{customer_id}/promises", summary="List a customer's promises")
    async def listed(caller: Reader, paging: Paging, customer_id: Id) -> Page[PromiseShown]:
        """All promises of the customer, with what became of them."""
        return Page[PromiseShown](**await _of_customer(desk, caller, paging, customer_id, kind))

    @router.post("/customers/{customer_id}/promises/{promise_id}/end", summary="End a promise")
    async def end(caller: Writer, customer_id: Id, promise_id: Id) -> PromiseShown:
        """Neither kept nor broken: the invoices are asked for again."""
        return PromiseShown.model_validate(
            await _end_at_customer(desk, caller, customer_id, promise_id, kind)
        )


def _add_plans(router: APIRouter, desk: Desk) -> None:
    kind = AgreementKind.PLAN

    @router.post("/customers/{customer_id}/payment-plans", summary="Agree a payment plan", status_code=201)
    async def make(caller: Writer, customer_id: Id, body: PlanBody) -> PlanShown:
        """Instalments replace immediate payment of the invoices."""
        request = PlanRequest(
            invoice_ids=tuple(body.invoice_ids),
            instalments=tuple((part.on, part.amount) for part in body.instalments),
        )
        async with desk.account(caller) as account:
            plan_id = await agree_plan(account, customer_id, request=request)
            shown: Any = await _shown(account, kind, plan_id, customer_id=customer_id)
        return PlanShown.model_validate(shown)

    @router.get("/customers/{customer_id}/payment-plans", summary="List a customer's payment plans")
    async def listed(caller: Reader, paging: Paging, customer_id: Id) -> Page[PlanShown]:
        """All payment plans of the customer, with what became of them."""
        return Page[PlanShown](**await _of_customer(desk, caller, paging, customer_id, kind))

    @router.post("/customers/{customer_id}/payment-plans/{plan_id}/end", summary="End a payment plan")
    async def end(caller: Writer, customer_id: Id, plan_id: Id) -> PlanShown:
        """Neither kept nor broken: the invoices are asked for again."""
        return PlanShown.model_validate(await _end_at_customer(desk, caller, customer_id, plan_id, kind))


async def _shown(
    account: Account, kind: AgreementKind, agreement_id: str, *, customer_id: str = "", invoice_id: str = ""
) -> dict[str, Any]:
    if invoice_id:
        customer_id = (await account.invoice(invoice_id)).fact.customer_id
    record = await find_agreement(
        account, kind, agreement_id=agreement_id, customer_id=customer_id, invoice_id=invoice_id
    )
    return show_agreement(record).model_dump()


async def _end_at_invoice(
    desk: Desk, caller: Principal, invoice_id: str, agreement_id: str, kind: AgreementKind
) -> dict[str, Any]:
    async with desk.account(caller) as account:
        customer_id = (await account.invoice(invoice_id)).fact.customer_id
        await end_agreement(
            account, kind, agreement_id=agreement_id, customer_id=customer_id, invoice_id=invoice_id
        )
        return await _shown(account, kind, agreement_id, invoice_id=invoice_id)


async def _end_at_customer(
    desk: Desk, caller: Principal, customer_id: str, agreement_id: str, kind: AgreementKind
) -> dict[str, Any]:
    async with desk.account(caller) as account:
        await end_agreement(account, kind, agreement_id=agreement_id, customer_id=customer_id)
        return await _shown(account, kind, agreement_id, customer_id=customer_id)


async def _of_invoice(
    desk: Desk, caller: Principal, paging: PageRequest, invoice_id: str, kind: AgreementKind
) -> dict[str, Any]:
    async with desk.readings(caller) as readings:
        record = await readings.invoice(caller.creditor_id, invoice_id=invoice_id)
        if record is None:
            raise NotFound(f"there is no invoice {invoice_id!r}")
        customer_id = record.newest.customer_id
        found = await readings.agreements(caller.creditor_id, customer_id=customer_id, kind=kind)
    mine = [agreed for agreed in found if invoice_id in agreed.agreement.invoice_ids]
    return _agreements_page(mine, paging)


async def _of_customer(
    desk: Desk, caller: Principal, paging: PageRequest, customer_id: str, kind: AgreementKind
) -> dict[str, Any]:
    async with desk.readings(caller) as readings:
        if await readings.customer(caller.creditor_id, customer_id=customer_id) is None:
            raise NotFound(f"there is no customer {customer_id!r}")
        found = await readings.agreements(caller.creditor_id, customer_id=customer_id, kind=kind)
    if kind is AgreementKind.HOLD:
        found = [agreed for agreed in found if not agreed.agreement.invoice_ids]
    return _agreements_page(found, paging)


def _agreements_page(found: Sequence[AgreementRecord], paging: PageRequest) -> dict[str, Any]:
    page = _page(found, paging, lambda record: record.agreement.agreement_id)
    return {**page, "items": [show_agreement(record).model_dump() for record in page["items"]]}


def _page(found: Sequence[Any], paging: PageRequest, identity: Any) -> dict[str, Any]:
    """Cut a page out of a list that is short by nature, after the last item that was shown."""
    start = 0
    if paging.after:
        ids = [identity(item) for item in found]
        start = ids.index(paging.after[0]) + 1 if paging.after[0] in ids else 0
    rows, cursor = paging.cut(found[start:], position=lambda item: (identity(item),))
    return {"items": rows, "next_cursor": cursor}


async def _write_offs(desk: Desk, caller: Principal, invoice_id: str) -> list[WriteOffShown]:
    async with desk.readings(caller) as readings:
        if await readings.invoice(caller.creditor_id, invoice_id=invoice_id) is None:
            raise NotFound(f"there is no invoice {invoice_id!r}")
        found = await readings.write_offs(caller.creditor_id, invoice_id=invoice_id)
    shown = [show_write_off(record) for record in found]
    return [item for item in shown if item is not None]


async def _write_off(desk: Desk, caller: Principal, invoice_id: str, write_off_id: str) -> WriteOffShown:
    found = await _write_offs(desk, caller, invoice_id)
    return next(item for item in found if item.write_off_id == write_off_id)
