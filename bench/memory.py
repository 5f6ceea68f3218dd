"""P11: how much memory the services hold while they work."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from bench.figure import Figure
from bench.processes import resident_mb

_EVERY_S = 1.0


class Watch:
    """Looks at the resident memory of some processes once a second and keeps the most of each."""

    def __init__(self) -> None:
        self.most_mb: dict[str, float] = {}
        self.looks = 0

    @contextlib.asynccontextmanager
    async def over(self, pids: Mapping[str, int]) -> AsyncIterator[None]:
        """Watch while the block runs."""
        looking = asyncio.create_task(self._look_on(pids))
        try:
            yield
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
            self.look(pids)

    async def _look_on(self, pids: Mapping[str, int]) -> None:
        while True:
            self.look(pids)
            await asyncio.sleep(_EVERY_S)

    def look(self, pids: Mapping[str, int]) -> None:
        """Look once."""
        self.looks += 1
        for name, pid in pids.items():
            self.most_mb[name] = max(self.most_mb.get(name, 0.0), resident_mb(pid))

    def figure(self, *, invoices: int) -> Figure:
        """Return the figure: the largest service, the others named."""
        largest, *others = sorted(self.most_mb, key=lambda name: -self.most_mb[name])
        rest = ", ".join(f"{name} {self.most_mb[name]:.0f}" for name in others)
        what = f"resident memory of the largest of the four services under 1,000 events a second, {invoices} invoices: {largest}; the others: {rest} MB"
        return Figure("P11", what, self.most_mb[largest], "MB", self.looks)
