"""What other systems and people ask: position, invoices, aging, unapplied payments."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from chassis.http.document import problems
from chassis.http.paging import Page, Paging
from chassis.http.shapes import NO_NUL, AmountText, Day
from chassis.kernel.errors import NotFound
from invoices.domain.position import InvoiceFilter, aging_of, position_of
from invoices.entrypoints.desk import Desk, Reader, Writer
from invoices.entrypoints.fields import DAY_MIN, ID_CHARS_MAX
from invoices.entrypoints.shown import (
    AgingShown,
    InvoiceShown,
    PositionShown,
    UnappliedShown,
    show_balance,
    show_bucket,
    show_invoice,
    show_unapplied,
)
from invoices.usecases.assign_payment import assign_payment

Id = Annotated[str, Path(min_length=1, max_length=ID_CHARS_MAX, pattern=NO_NUL)]
IdQuery = Annotated[str, Query(max_length=ID_CHARS_MAX, pattern=NO_NUL)]
StatusQuery = Literal["OPEN", "PAID", "CREDITED", "WRITTEN_OFF"] | None


class ShareBody(BaseModel):
    """A share of a payment for one invoice."""

    invoice_id: str = Field(min_length=1, max_length=ID_CHARS_MAX, pattern=NO_NUL)
    amount: AmountText


class AllocationsBody(BaseModel):
    """Shares of a payment that a person assigns."""

    allocations: list[ShareBody] = Field(min_length=1, max_length=1000)


def open_items_router(desk: Desk) -> APIRouter:
    """Return the routes for reading open items."""
    router = APIRouter(prefix="/v1", tags=["open items"])
    _add_position(router, desk)
    _add_invoices(router, desk)
    _add_aging(router, desk)
    _add_unapplied(router, desk)
    return router


def _add_position(router: APIRouter, desk: Desk) -> None:
    @router.get("/customers/{customer_id}/position", summary="May I ship?")
    async def position(caller: Reader, customer_id: Id) -> PositionShown:
        """Open, overdue, unapplied and credit left per currency, and whether the customer is on hold."""
        # Before the balances: what comes in meanwhile may be in them, and is not claimed to be.
        caught_up_to = await desk.caught_up_to(desk.clock.now())
        async with desk.readings(caller) as readings:
            customer = await readings.customer(caller.creditor_id, customer_id=customer_id)
            if customer is None:
                raise NotFound(f"there is no customer {customer_id!r}")
            creditor = await readings.creditor(caller.creditor_id)
            today = creditor.answer_day(desk.clock.now()) if creditor is not None else None
            totals = await readings.totals(
                caller.creditor_id, customer_id=customer_id, today=today or DAY_MIN
            )
            unapplied = await readings.unapplied_totals(caller.creditor_id, customer_id=customer_id)
        found = position_of(customer, totals=totals, unapplied=unapplied)
        return PositionShown(
            customer_id=found.customer_id,
            balances=[show_balance(balance) for balance in found.balances],
            oldest_overdue_on=found.oldest_overdue_on,
            on_hold=found.on_hold,
            caught_up_to=caught_up_to,
        )


def _add_invoices(router: APIRouter, desk: Desk) -> None:
    @router.get("/invoices", summary="List invoices")
    async def invoices(
        caller: Reader, paging: Paging, customer_id: IdQuery = "", status: StatusQuery = None
    ) -> Page[InvoiceShown]:
        """Invoices in effect by id, of one customer or status where asked."""
        after = str(paging.after[0]) if paging.after else ""
        wanted = InvoiceFilter(
            customer_id=customer_id, status=status or "", after=after, limit=paging.limit + 1
        )
        async with desk.readings(caller) as readings:
            records = await readings.invoices(caller.creditor_id, wanted=wanted)
        rows, cursor = paging.cut(records, position=lambda record: (record.newest.invoice_id,))
        items = [show_invoice(record, record.state) for record in rows if record.state is not None]
        return Page[InvoiceShown](items=items, next_cursor=cursor)

    @router.get("/invoices/{invoice_id}", summary="Show an invoice")
    async def invoice(caller: Reader, invoice_id: Id) -> InvoiceShown:
        """One invoice as it stands now; what is dated ahead is not there yet."""
        async with desk.readings(caller) as readings:
            record = await readings.invoice(caller.creditor_id, invoice_id=invoice_id)
        if record is None or record.state is None:
            raise NotFound(f"there is no invoice {invoice_id!r}")
        return show_invoice(record, record.state)


def _add_aging(router: APIRouter, desk: Desk) -> None:
    @router.get("/aging", summary="How old the open items are", responses=problems(404))
    async def aging(caller: Reader, as_of: Day | None = None) -> AgingShown:
        """Open amounts by currency and days overdue, today or at the end of an earlier day."""
        async with desk.readings(caller) as readings:
            day = as_of or await desk.day(readings, caller)
            amounts = await readings.aging(caller.creditor_id, as_of=day)
        return AgingShown(as_of=day, buckets=[show_bucket(bucket) for bucket in aging_of(amounts)])


def _add_unapplied(router: APIRouter, desk: Desk) -> None:
    @router.get("/unapplied-payments", summary="Payments of which something is left")
    async def unapplied_payments(caller: Reader, paging: Paging) -> Page[UnappliedShown]:
        """Payments that could not be matched, or not in full."""
        after = str(paging.after[0]) if paging.after else ""
        async with desk.readings(caller) as readings:
            records = await readings.unapplied(caller.creditor_id, after=after, limit=paging.limit + 1)
        rows, cursor = paging.cut(records, position=lambda record: (record.versions[0].fact_id,))
        shown = [show_unapplied(record) for record in rows]
        return Page[UnappliedShown](items=[item for item in shown if item is not None], next_cursor=cursor)

    @router.post("/unapplied-payments/{payment_id}/allocations", summary="Assign a payment", status_code=204)
    async def allocate(caller: Writer, payment_id: Id, body: AllocationsBody) -> None:
        """Give what is left of a payment to invoices."""
        shares = [(share.invoice_id, share.amount) for share in body.allocations]
        async with desk.account(caller) as account:
            await assign_payment(account, payment_id, shares=shares)
