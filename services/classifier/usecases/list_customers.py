"""List customers with their tier; those who need extra attention on request (S05)."""

from datetime import datetime
from typing import Final

from classifier.domain.creditor import Creditor
from classifier.usecases.ports import Ledger, Listed, Listing, Reader

FALL_DAYS: Final = 30
"""A fall of tier asks for attention this long."""


async def list_customers(
    ledger: Ledger, reader: Reader, creditor_id: str, *, listing: Listing, now: datetime | None
) -> list[Listed]:
    """Return customers by id; ``listing.fell_after`` is filled in from the creditor's day."""
    creditors = await ledger.creditors([creditor_id])
    creditor = creditors.get(creditor_id, Creditor(creditor_id))
    today = creditor.today(now) or creditor.latest_on or FALL_DAYS + 1
    asked = Listing(listing.after, listing.limit, listing.attention, fell_after=today - FALL_DAYS)
    return await reader.customers(creditor_id, asked)
