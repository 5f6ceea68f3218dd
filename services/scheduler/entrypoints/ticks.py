"""What time alone brings: outside the sandbox the decisions that are due, in it nothing (the clock's call decides)."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from chassis.db.unit_of_work import Unit

Decide = Callable[[Unit, datetime], Awaitable[int]]


def on_time(decide: Decide, *, sandbox: bool) -> Decide:
    """Return the service's ``on_time``.

    In the sandbox a clock message reaches the scheduler before the other services' facts of that
    instant do: only the call that moves the clock knows when all facts are in, so only it decides.
    """

    async def nothing(_unit: Unit, _now: datetime) -> int:
        return 0

    return nothing if sandbox else decide
