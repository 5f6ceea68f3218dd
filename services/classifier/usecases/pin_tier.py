"""Set a customer's tier by hand until a day, or take a manual tier away (S08)."""

from dataclasses import dataclass
from datetime import datetime

from chassis.kernel.errors import NotFound
from classifier.domain.creditor import Creditor
from classifier.domain.customer import Customer, Key, start_of
from classifier.domain.pin import Pin, check_pin
from classifier.domain.tier import Tier
from classifier.usecases.ports import Ledger
from classifier.usecases.rejudge import Case, rejudge


@dataclass(frozen=True, slots=True)
class PinRequest:
    """What a person asks for; ``expires_on`` is the last day on which it holds (ordinal)."""

    tier: Tier
    reason: str
    author: str
    expires_on: int


async def pin_tier(ledger: Ledger, key: Key, request: PinRequest, *, now: datetime | None) -> None:
    """Set the tier by hand; a manual tier that holds already ends now.

    Raises NotFound for a customer of whom nothing is known, Rejected for a day in the past.
    """
    customer, creditor = await _known(ledger, key)
    check_pin(
        reason=request.reason, expires_on=request.expires_on, today=creditor.today(now) or creditor.latest_on
    )
    at = _instant(creditor, customer, now)
    number = customer.pin.number + 1 if customer.pin else 1
    pin = Pin(number, request.tier, request.reason.strip(), request.author, at, request.expires_on)
    await _end(ledger, customer, at=at)
    await ledger.save_pin(key, pin)
    await _judge(ledger, customer, creditor, pin=pin, now=now)


async def unpin_tier(ledger: Ledger, key: Key, *, now: datetime | None) -> None:
    """Take the manual tier away: the computed one holds from now. Without one nothing changes; raises NotFound."""
    customer, creditor = await _known(ledger, key)
    ended = await _end(ledger, customer, at=_instant(creditor, customer, now))
    if ended is not None:
        await _judge(ledger, customer, creditor, pin=ended, now=now)


async def _known(ledger: Ledger, key: Key) -> tuple[Customer, Creditor]:
    customer = await ledger.lock_known(key)
    if customer is None or not customer.first_on:
        raise NotFound("no customer with this id")
    creditors = await ledger.creditors([key[0]])
    return customer, creditors[key[0]]


def _instant(creditor: Creditor, customer: Customer, now: datetime | None) -> datetime:
    return now or start_of(max(creditor.latest_on, customer.first_on), zone=creditor.zone)


async def _end(ledger: Ledger, customer: Customer, *, at: datetime) -> Pin | None:
    if customer.pin is None or customer.pin.ended_at is not None:
        return None
    ended = customer.pin._replace(ended_at=at)
    await ledger.save_pin(customer.key, ended)
    return ended


async def _judge(
    ledger: Ledger, customer: Customer, creditor: Creditor, *, pin: Pin, now: datetime | None
) -> None:
    case = Case(was=customer, now=customer._replace(pin=pin))
    await rejudge(ledger, [case], creditors={creditor.creditor_id: creditor}, now=now)
