"""``/v1/customers``: everybody's tier, and who needs extra attention."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from chassis.http.paging import Page, Paging
from classifier.domain.tier import Tier
from classifier.entrypoints.http_tiers import Caller, Door
from classifier.usecases.list_customers import list_customers
from classifier.usecases.ports import Listed, Listing


class CustomerBody(BaseModel):
    """One customer of the list."""

    customer_id: str
    tier: Tier
    unknown: bool
    attention: bool = Field(description="Too long overdue, known bronze, or fallen in the last 30 days")
    too_long_overdue: int
    fell_on: date | None


def customers_router(door: Door) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/v1", tags=["tiers"])

    @router.get(
        "/customers", summary="Customers with their tier; attention=true: those who need extra attention"
    )
    async def read_customers(
        caller: Caller, paging: Paging, *, attention: Annotated[bool, Query()] = False
    ) -> Page[CustomerBody]:
        """Return customers by id."""
        after = str(paging.after[0]) if paging.after else ""
        async with door.database.reading(creditor_id=caller.creditor_id) as unit:
            rows = await list_customers(
                door.ledger_of(unit),
                door.reader_of(unit),
                caller.creditor_id,
                listing=Listing(after=after, limit=paging.limit + 1, attention=attention),
                now=door.clock.now(),
            )
        kept, cursor = paging.cut(rows, position=lambda row: (row.customer_id,))
        return Page(items=[_body(row) for row in kept], next_cursor=cursor)

    return router


def _body(row: Listed) -> CustomerBody:
    return CustomerBody(
        customer_id=row.customer_id,
        tier=Tier(row.tier),
        unknown=row.unknown,
        attention=row.attention,
        too_long_overdue=row.too_long_overdue,
        fell_on=date.fromisoformat(row.fell_on) if row.fell_on else None,
    )
