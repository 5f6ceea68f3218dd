"""Gathers what an outsider can see after a replay: the inbox, the contacts, the books, the reasons."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from sandbox.replay.client import SandboxClient

CALLS_AT_ONCE_MAX = 8

Item = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that can be seen from outside at one instant; plain JSON as the APIs answered."""

    now: datetime
    messages: Sequence[Item]
    contacts: Sequence[Item]
    tasks: Sequence[Item]
    invoices: Sequence[Item]
    positions: dict[str, Item]
    tiers: dict[str, Item]
    explanations: dict[str, Item]

    @property
    def today(self) -> date:
        """Return the civil day of ``now`` as its own offset says it."""
        return self.now.date()


async def gather(client: SandboxClient, customer_ids: Iterable[str], *, now: datetime) -> Evidence:
    """Ask every service for what it shows; an explanation for every invoice that is open and overdue."""
    customers = sorted(customer_ids)
    invoices = await client.items("invoices", "/v1/invoices")
    overdue = [
        i["invoice_id"] for i in invoices if i["status"] == "OPEN" and i["due_on"] < now.date().isoformat()
    ]
    return Evidence(
        now=now,
        messages=await client.items("inbox", "/messages"),
        contacts=await client.items("notifier", "/v1/contacts"),
        tasks=await client.items("notifier", "/v1/call-tasks"),
        invoices=invoices,
        positions=await _each(
            customers, lambda c: client.get("invoices", f"/v1/customers/{quote(c, safe='')}/position")
        ),
        tiers=await _each(
            customers, lambda c: client.get("classifier", f"/v1/customers/{quote(c, safe='')}/tier")
        ),
        explanations=await _each(
            overdue, lambda i: client.get("scheduler", f"/v1/invoices/{quote(i, safe='')}/explanation")
        ),
    )


async def _each(keys: Sequence[str], ask: Callable[[str], Awaitable[T]]) -> dict[str, T]:
    gate = asyncio.Semaphore(CALLS_AT_ONCE_MAX)

    async def one(key: str) -> T:
        async with gate:
            return await ask(key)

    return dict(zip(keys, await asyncio.gather(*(one(key) for key in keys)), strict=True))
