"""What the scenes of the mutants are played with: a creditor of their own, its facts, its clock, services that die."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaProducer

from chaos.invariants import Guard
from chaos.stage import Stage
from chaos.witness import Witness
from sandbox.ledger.facts import Creditor, Event
from sandbox.ledger.messages import Messages
from sandbox.replay.client import SandboxClient, SandboxError
from sandbox.replay.stream import day_start, publish

WAIT_S_MAX = 60.0
_ZONE = ZoneInfo("Europe/Amsterdam")
_POLL_S = 0.1


class Unplayed(Exception):
    """A scene did not come to the point: it says nothing about anybody."""


@dataclass(slots=True)
class Set:
    """What a scene plays on; each has a creditor of its own."""

    stage: Stage
    witness: Witness
    guard: Guard
    day: date
    """The clock has not passed the start of this day, and its facts are of the past: what is to come is not published."""
    number: int = 1
    mutant: str = ""
    """Which safeguard is missing; '' plays the scene with the real service."""
    messages: Messages = field(init=False)

    def __post_init__(self) -> None:
        """Name the creditor after the scene."""
        self.messages = Messages(replace(Creditor(), creditor_id=f"probe-{self.number}"))

    @property
    def creditor_id(self) -> str:
        """Whose invoices these are."""
        return self.messages.creditor.creditor_id

    def invoice(self, number: int, *, version: int = 0) -> Event:
        """An invoice of a customer of its own that is a few days overdue on the scene's day."""
        customer_id = f"P{number:03d}"
        event = self.messages.invoice_issued(
            {
                "invoice_id": f"{self.creditor_id}-{number:03d}",
                "customer_id": customer_id,
                "issued_on": self.day - timedelta(days=20),
                "due_on": self.day - timedelta(days=2),
                "amount": Decimal(100 + version),
                "currency": "EUR",
            },
            customer={
                "name": f"Probe {number}",
                "kind": "BUSINESS",
                "country": "NL",
                "contacts": [
                    {
                        "purpose": "REMINDER",
                        "name": "Probe",
                        "email": f"probe{number}@{self.creditor_id}.example",
                    }
                ],
            },
        )
        return replace(event, id=f"{event.id}.{version}", time=event.time + timedelta(seconds=version))

    def payment(self, number: int) -> Event:
        """Pay that invoice in full on the scene's day."""
        return self.messages.payment_received(
            f"{self.creditor_id}-pay-{number:03d}",
            customer_id=f"P{number:03d}",
            received_on=self.day,
            currency="EUR",
            allocations=[(f"{self.creditor_id}-{number:03d}", Decimal(100))],
        )

    async def publish(self, events: Sequence[Event]) -> None:
        """Publish and wait for the acknowledgements."""
        producer = AIOKafkaProducer(bootstrap_servers=self.stage.stack.addresses.bootstrap, acks="all")
        await producer.start()
        try:
            await publish(producer, events)
        finally:
            await producer.stop()

    async def publish_raw(self, topic: str, values: Sequence[bytes]) -> None:
        """Publish bytes that are no events."""
        producer = AIOKafkaProducer(bootstrap_servers=self.stage.stack.addresses.bootstrap, acks="all")
        await producer.start()
        try:
            for value in values:
                await producer.send(topic, value, key=self.creditor_id.encode())
            await producer.flush()
        finally:
            await producer.stop()

    async def move_clock(self, *, days: int) -> None:
        """Move the clock to the start of a day of the scene, whatever is killed meanwhile."""
        stack = self.stage.stack
        now: datetime = day_start(self.day + timedelta(days=days), zone=_ZONE)
        deadline = time.monotonic() + 3 * WAIT_S_MAX
        async with SandboxClient(stack.urls, token=stack.token(self.creditor_id)) as client:
            while True:
                try:
                    await client.advance(now)
                except SandboxError:
                    if time.monotonic() > deadline:
                        raise
                    await asyncio.sleep(1)
                else:
                    return

    async def start(
        self,
        service: str,
        *,
        fault: str = "",
        more: Mapping[str, str] | None = None,
        is_awaited: bool = True,
    ) -> None:
        """Start the service, or the mutant of it; one with a fault armed is not waited for."""
        self.stage.stack.kill(service)
        await self.stage.died(service, within_s=10)
        self.stage.play(service, mutant=self.mutant)
        self.stage.arm(service, fault)
        amendments = self.stage.stack.amendments[service]
        amendments.update(more or {})
        self.stage.launch(service)
        for name in more or {}:
            del amendments[name]
        if is_awaited and not fault:
            await self.stage.stack.program(service).ready()

    async def until(self, check: Callable[[], Awaitable[bool]], *, within_s: float = WAIT_S_MAX) -> bool:
        """Wait for a condition; False when it does not come."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if await check():
                return True
            await asyncio.sleep(_POLL_S)
        return False

    async def must(self, check: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait for what the scene cannot do without; raises Unplayed when it does not come."""
        if not await self.until(check):
            raise Unplayed(what)

    async def must_die(self, service: str) -> None:
        """Wait for the death that the scene is about; raises Unplayed."""
        if not await self.stage.died(service, within_s=WAIT_S_MAX):
            raise Unplayed(f"{service} lives on")

    async def known(self, *, where: str = "true") -> int:
        """Count this scene's invoices in the table."""
        query = f"SELECT count(*) AS n FROM invoices WHERE creditor_id = $1 AND {where}"
        return int((await self.witness.rows("invoices", query, self.creditor_id))[0]["n"])
