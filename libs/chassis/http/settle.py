"""``POST /internal/settle``: waits until everything that came before is taken in and everything that follows is out."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Security
from pydantic import BaseModel, Field

from chassis.db.scope import every_creditor
from chassis.http.auth import INTERNAL, Principal, authenticated
from chassis.http.problems import Problem
from chassis.rest import at_rest
from chassis.service import Service


class SettleRequest(BaseModel):
    """Up to where, and how long the caller waits."""

    ends: dict[str, list[Annotated[int, Field(ge=0)]]] = {}
    """End offsets by topic, one per partition; topics that this service does not consume are ignored."""
    timeout_s: float = Field(default=30, gt=0, le=600)


class Settled(BaseModel):
    """What is true now."""

    ends: Mapping[str, Sequence[int]]
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
                    rest = await at_rest(
                        service.database,
                        progress=service.progress,
                        clock=service.clock,
                        ends=asked.ends,
                        pending=service.pending,
                    )
                    async with service.database.reading() as unit:
                        change = await service.next_change_at(unit)
        except TimeoutError:
            raise Problem(
                504, f"Not everything was taken in and sent out within {asked.timeout_s:g} s."
            ) from None
        return Settled(ends=rest.ends, next_change_at=change, handled=rest.stands.handled)

    return router
