"""``POST /internal/settle``: waits until everything that came before is taken in and everything that follows is out."""

import asyncio
import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Security
from pydantic import BaseModel, Field

from chassis.db import offsets, outbox
from chassis.db.clock import SandboxClock
from chassis.db.notice import wait
from chassis.db.scope import every_creditor
from chassis.db.unit_of_work import Unit
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


class _State(BaseModel):
    next_change_at: datetime | None
    handled: int


def settle_router(service: Service) -> APIRouter:
    """Return the route; it works from any process of the service, because it reads the database."""
    router = APIRouter(tags=["internal"])

    @router.post("/internal/settle", summary="Wait until settled", include_in_schema=False)
    async def settle(
        asked: SettleRequest, _caller: Annotated[Principal, Security(authenticated, scopes=[INTERNAL])]
    ) -> Settled:
        began = time.monotonic()
        if not await service.progress.reached(asked.ends, timeout_s=asked.timeout_s):
            raise Problem(504, f"Not everything was taken in within {asked.timeout_s:g} s.")
        left_s = max(0.01, asked.timeout_s - (time.monotonic() - began))
        try:
            with every_creditor():
                async with asyncio.timeout(left_s):
                    state = await _quiet(service)
        except TimeoutError:
            raise Problem(504, f"Not everything was sent out within {asked.timeout_s:g} s.") from None
        if isinstance(service.clock, SandboxClock):
            await service.clock.load(service.database)
        return Settled(
            ends=await service.progress.own_ends(),
            next_change_at=state.next_change_at,
            handled=state.handled,
        )

    return router


async def _quiet(service: Service) -> _State:
    """Wait until nothing is pending and the outbox is empty."""
    while True:
        rung = service.database.committed.listen()
        async with service.database.reading() as unit:
            # Pending work before the outbox: what ends in between has left its rows there.
            pending = await service.pending(unit) if service.pending is not None else 0
            if not pending and not await outbox.is_waiting(unit.connection):
                return await _state(service, unit)
        await wait(rung, timeout_s=_POLL_S)


async def _state(service: Service, unit: Unit) -> _State:
    rows = await offsets.all_offsets(unit.connection)
    handled = sum(sum(partitions.values()) for partitions in rows.values())
    return _State(next_change_at=await service.next_change_at(unit), handled=handled)
