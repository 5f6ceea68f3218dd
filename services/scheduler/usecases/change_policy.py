"""Reads and changes policies: every change is a new version, checked, and takes effect at once."""

from chassis.kernel.errors import NotFound
from scheduler.domain.policy_reading import check_against, read_policy
from scheduler.usecases.ports import Customers, PolicyRecord, Rules

NAMES = ("gold", "silver", "bronze")


async def get_policy(
    creditor_id: str, name: str, *, rules: Rules, version: int | None = None
) -> PolicyRecord:
    """Return the version in force, or an earlier one; raises NotFound."""
    record = await rules.policy(creditor_id, name, version=version)
    if record is None:
        raise NotFound(f"there is no policy {name}; there are {', '.join(NAMES)}")
    return record


async def change_policy(
    creditor_id: str, record: PolicyRecord, *, rules: Rules, customers: Customers
) -> PolicyRecord:
    """Store ``record`` as the newest version; raises Rejected naming the field, or Conflict when it exists."""
    policy = read_policy(record.data, name=record.name, version=record.version)
    others = [
        rules.compiled(await get_policy(creditor_id, name, rules=rules))
        for name in NAMES
        if name != record.name
    ]
    check_against(policy, others)
    await rules.add_policy(creditor_id, record)
    await customers.wake_all(creditor_id)
    return record
