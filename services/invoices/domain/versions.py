"""Which version of a fact counts: the highest stamp among those that are in effect."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """Identity and order of one event: ``ce_time`` (UTC), then ``ce_id``; the source only breaks a tie."""

    time: datetime
    id: str
    source: str


class Versioned(Protocol):
    """Anything that is the full state of its business key as one event told it."""

    @property
    def stamp(self) -> Stamp:
        """Identity and order of the event."""
        ...


F = TypeVar("F", bound=Versioned)


def merge(known: Sequence[F], new: F, *, today: date | None, day_of: Callable[[F], date]) -> tuple[F, ...]:
    """Return the versions worth keeping once ``new`` is known, newest stamp first.

    A version is dropped when a newer one takes effect on the same day or earlier: it can never count
    again. ``today`` is the creditor's civil day; None while the sandbox has no time yet, when everything
    that may still be dated ahead is kept. The result depends on the set of versions only, not on the
    order of their arrival (contract section 3).
    """
    if any(version.stamp == new.stamp for version in known):
        return tuple(known)
    kept: list[F] = []
    earliest: date | None = None
    for version in sorted((*known, new), key=lambda version: version.stamp, reverse=True):
        day = day_of(version)
        if earliest is not None and (day >= earliest or (today is not None and earliest <= today)):
            continue
        kept.append(version)
        earliest = day
    return tuple(kept)


def counting(versions: Sequence[F], *, today: date | None, day_of: Callable[[F], date]) -> tuple[F, bool]:
    """Return the version that counts on ``today`` and whether it is in effect.

    While none is in effect yet, the one that will be first is returned with False. Without a date
    everything counts as in effect.
    """
    newest_first = sorted(versions, key=lambda version: version.stamp, reverse=True)
    if today is None:
        return newest_first[0], True
    for version in newest_first:
        if day_of(version) <= today:
            return version, True
    return min(newest_first, key=day_of), False
