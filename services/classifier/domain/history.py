"""The history of a tier: what the rules said and what people set, as one list, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from classifier.domain.customer import start_of
from classifier.domain.pin import Pin
from classifier.domain.reasons import Reason, reason_for, reason_for_pin, reason_for_pin_end
from classifier.domain.tier import NEWCOMER, Decision, Tier


@dataclass(frozen=True, slots=True)
class Entry:
    """A tier and the instant (UTC) from which it held."""

    tier: Tier
    at: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Span:
    pin: Pin
    begin: datetime
    end: datetime


def computed_history(first_on: int, changes: Sequence[Decision], *, zone: ZoneInfo) -> list[Entry]:
    """Return the tiers by the rules alone; the first is the newcomer's."""
    first = Entry(Tier.BRONZE, start_of(first_on, zone=zone), reason_for(NEWCOMER.decision))
    later = (Entry(made.new, start_of(made.on, zone=zone), reason_for(made)) for made in changes)
    return [first, *later]


def tier_history(
    computed: Sequence[Entry], pins: Sequence[Pin], *, now: datetime, zone: ZoneInfo
) -> list[Entry]:
    """Lay the pins over the computed history; up to ``now``, without entries that change nothing."""
    spans = [_Span(pin, pin.at, min(pin.ended_at or _expiry(pin, zone), _expiry(pin, zone))) for pin in pins]
    instants = {entry.at for entry in computed}
    instants |= {at for span in spans for at in (span.begin, span.end)}
    history: list[Entry] = []
    for at in sorted(instant for instant in instants if instant <= now):
        entry = _entry_at(at, computed, spans, history)
        if entry is not None and (not history or history[-1].tier is not entry.tier):
            history.append(entry)
    return history


def _entry_at(
    at: datetime, computed: Sequence[Entry], spans: Sequence[_Span], history: Sequence[Entry]
) -> Entry | None:
    pinned = next((span for span in reversed(spans) if span.begin <= at < span.end), None)
    if pinned is not None:
        pin = pinned.pin
        reason = reason_for_pin(pin.tier, author=pin.author, expires_on=pin.expires_on, text=pin.reason)
        return Entry(pin.tier, at, reason)
    below = [entry for entry in computed if entry.at <= at]
    if not below:
        return None
    last = below[-1]
    if last.at == at or not history:
        return Entry(last.tier, at, last.reason)
    return Entry(last.tier, at, reason_for_pin_end(history[-1].tier, last.tier, computed=last.reason))


def _expiry(pin: Pin, zone: ZoneInfo) -> datetime:
    return start_of(pin.expires_on + 1, zone=zone)
