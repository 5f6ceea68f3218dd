"""Turns a creditor's outreach on, to shadow, or off."""

from scheduler.domain.words import Outreach
from scheduler.usecases.ports import Customers, Rules


async def set_outreach(
    creditor_id: str, outreach: Outreach, *, rules: Rules, customers: Customers
) -> Outreach:
    """Store it and look at every customer anew: what was held back gets the one right step, no burst."""
    await rules.set_outreach(creditor_id, outreach)
    await customers.wake_all(creditor_id)
    return outreach


async def get_outreach(creditor_id: str, *, rules: Rules) -> Outreach:
    """Return what holds for the creditor; one that never said anything has the default."""
    return (await rules.rulebooks([creditor_id]))[creditor_id].creditor.outreach
