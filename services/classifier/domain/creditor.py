"""What the classifier keeps of a creditor: its time zone, and what is learned across its customers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from chassis.kernel.calendar import local_day
from classifier.domain.lateness import BUILT_IN_PRIOR, Pmf

TIMEZONE: Final = "Europe/Amsterdam"
"""Until a creditor says otherwise."""
SHARE_UNITS: Final = 1_000_000
"""A customer's distribution counts in whole millionths, so that a sum is exact in any order."""
_BUILT_IN_CUSTOMERS: Final = 10
"""Customers that the built-in prior counts for in a portfolio's own."""


class Creditor(NamedTuple):
    """One creditor; days as ordinals, 0 where there is none."""

    creditor_id: str
    version: int = 0
    timezone: str = TIMEZONE
    latest_on: int = 0
    """The latest date among its facts; answers are dated by it while the sandbox has no time."""
    prior_on: int = 0
    """Day whose beginning the portfolio's distribution was frozen at."""
    prior: Pmf = BUILT_IN_PRIOR

    @property
    def zone(self) -> ZoneInfo:
        """The creditor's time zone."""
        return ZoneInfo(self.timezone)

    def today(self, now: datetime | None) -> int:
        """Return the creditor's civil day (ordinal) at ``now``; 0 while there is no time."""
        return local_day(now, zone=self.zone).toordinal() if now is not None else 0


def shares(histogram: Sequence[float]) -> tuple[int, ...]:
    """Return a customer's own distribution in millionths: every customer weighs the same."""
    total = sum(histogram)
    return (
        tuple([round(SHARE_UNITS * weight / total) if weight else 0 for weight in histogram]) if total else ()
    )


def portfolio_prior(sums: Sequence[int], *, customers: int) -> Pmf:
    """Return the distribution of a portfolio from the sum of its customers' shares.

    The built-in prior counts for ten customers more, so that a new creditor begins with it.
    """
    mass = [
        _BUILT_IN_CUSTOMERS * built_in + units / SHARE_UNITS
        for built_in, units in zip(BUILT_IN_PRIOR, sums or (0,) * len(BUILT_IN_PRIOR), strict=True)
    ]
    total = sum(mass)
    return tuple(share / total for share in mass) if customers else BUILT_IN_PRIOR
