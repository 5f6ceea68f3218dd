"""``POST /internal/settle``: waits until everything that came before is taken in and everything that follows is out."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Security
from pydantic import BaseModel, Field

from chassis.db.clock import SandboxClock
from chassis.db.notice import wait
from chassis.db.scope import every_creditor
from chassis.db.standing import Standing, standing
from chassis.http.auth import INTERNAL, Principal, authenticated
from chassis.http.problems import Problem
from chassis.service import Service

_POLL_S = 0.02


class SettleRequest(BaseModel):
    """Up to where, and how long the caller waits."""

    ends: dict[str, list[Annotated[int, Field(ge=0)]]] = {}
    """End offsets by topic, one per partition; topics that this service does not consume are ignored."""
    timeout_s: float = Field(default=30, gt=0, le=600)


class Settled(BaseModel):
    """What is true now."""

    ends: dict[str, list[int]]
    """End offsets of what this service publishes, read after everything was out."""
    next_change_at: datetime | None
    handled: int
    """All records ever taken in (the sum of the offset rows): it only rises."""


def settle_router(service: Service) -> APIRouter:
    """Return the route; it works from any process of the service, because it reads the database."""
    router = APIRouter(tags=["internal"])

    @router.post("/internal/settle", summary="Wait until settled", include_in_schema=False)
    async def settle(
        asked: SettleRequest, _caller: Annotated[Principal, Security(authenticated, scopes=[INTERNAL])]
    ) -> Settled:
        try:
            with every_creditor():
                async with asyncio.timeout(asked.timeout_s):
                    stands, change = await _at_rest(service, asked.ends)
        except TimeoutError:
            raise Problem(
                504, f"Not everything was taken in and sent out within {asked.timeout_s:g} s."
            ) from None
        if isinstance(service.clock, SandboxClock) and stands.now is not None:
            # Another process may have followed the clock; this one answers by the same time.
            service.clock.set(stands.now)
        return Settled(ends=await service.progress.own_ends(), next_change_at=change, handled=stands.handled)

    return router


async def _at_rest(service: Service, ends: Mapping[str, Sequence[int]]) -> tuple[Standing, datetime | None]:
    """Wait until ``ends`` are in, then nothing is pending, then the outbox is empty."""
    while True:
        rung = service.database.committed.listen()
        async with service.database.reading() as unit:
            stands = await standing(unit.connection)
            if stands.has_reached(ends, topics=service.consumes):
                if service.pending is not None:
                    # Pending work before the outbox: what ends in between has left its rows there.
                    pending = await service.pending(unit)
                    stands = await standing(unit.connection)
                else:
                    pending = 0
                if not pending and not stands.is_waiting:
                    return stands, await service.next_change_at(unit)
        await wait(rung, timeout_s=_POLL_S)
