"""The doors of the four services without their servers: decoding and the reading of single records."""

from collections.abc import Callable
from typing import Any

from chassis.calendars import target_calendar
from chassis.kafka.codec import Codec
from chassis.kafka.messages import Incoming
from chassis.kafka.registry import registry
from chassis.kernel.clock import WallClock
from chassis.kernel.errors import Poison
from classifier.domain.lateness import BankDays
from classifier.entrypoints.consumer import Consumer
from invoices.entrypoints import consumer as invoices
from notifier.entrypoints import consumer as notifier
from scheduler.entrypoints.consumer import Intake
from tests.fuzz.records import Wire

CODEC = Codec(registry(), source="/fuzz")


async def _nowhere(*_: Any) -> None:
    """Take nothing in."""


def _invoices(record: Incoming) -> object:
    facts: list[Any] = []
    invoices._sort(record, facts, [])
    return facts


READERS: dict[str, Callable[[Incoming], object]] = {
    "invoices": _invoices,
    "classifier": Consumer(
        ledger_of=lambda _unit: None,  # type: ignore[arg-type,return-value]  # reading needs no ledger
        clock=WallClock(),
        bank_days=BankDays(target_calendar()),
    ).check,
    "scheduler": Intake(_nowhere, bank=target_calendar()).read,
    "notifier": notifier.check,
}


def is_poison(wire: Wire, *, service: str) -> bool:
    """Say whether the service would park the record; whatever else is raised is a fault."""
    try:
        incoming = CODEC.decode(wire)
        if not registry()[wire.topic].is_clock:
            READERS[service](incoming)
    except Poison as error:
        if not error.reason:
            raise AssertionError("a dead letter says why") from error
        return True
    return False
