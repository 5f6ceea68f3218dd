"""On a restored database: remember what was commanded after the backup, so that nothing is commanded twice."""

from collections.abc import Sequence

from scheduler.domain.remembering import Commanded, remember
from scheduler.usecases.ports import CustomerKey, Customers


async def remember_commands(
    commands: Sequence[tuple[CustomerKey, Commanded]], *, customers: Customers
) -> None:
    """Fold the commands into their customers' states, in the order in which they were published."""
    if not commands:
        return
    states = await customers.lock(sorted({key for key, _ in commands}))
    before = dict(states)
    for key, command in commands:
        states[key] = remember(states[key], command)
    changed = [state for key, state in sorted(states.items()) if state is not before[key]]
    await customers.save_taken_in(changed, filed=[])
