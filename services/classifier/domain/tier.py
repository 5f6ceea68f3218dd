"""The tier rules: severity with hysteresis and two strikes, and the overrides (personalisation.md 4)."""

from enum import StrEnum
from typing import Final, NamedTuple

from classifier.domain.habits import EPISODES_KEPT, Day, Habits

EPISODES_TO_BE_KNOWN: Final = 3
BROKEN_WITHIN_DAYS: Final = 365
"""A second bounced debit or broken promise counts when the one before lies at most this far back."""
_DWELL_EPISODES: Final = 2


class Tier(StrEnum):
    """The three lanes of treatment; a treatment label, not a credit score."""

    GOLD = "GOLD"
    SILVER = "SILVER"
    BRONZE = "BRONZE"


class Rule(StrEnum):
    """What decided a tier."""

    NEWCOMER = "NEWCOMER"
    TABLE = "TABLE"
    OPEN_OVERDUE = "OPEN_OVERDUE"
    BROKEN_TWICE = "BROKEN_TWICE"
    PIN = "PIN"


class Decision(NamedTuple):
    """Why a customer has its tier: all that the reason sentence needs."""

    rule: Rule
    on: int
    """Day of the decision (ordinal); 0 for a newcomer, whose first day is kept with the customer."""
    old: Tier
    new: Tier
    known: int = 0
    """Episodes known."""
    bad: int = 0
    among: int = 0
    """``bad`` of the last ``among`` episodes were bad."""
    days_late: tuple[int, ...] = ()
    """Their days late, latest first."""
    limit_days: int = 0
    """OPEN_OVERDUE: the limit that was passed."""


class Standing(NamedTuple):
    """The computed tier and what its rules remember."""

    tier: Tier
    decision: Decision
    changed_on: int = 0
    """Day of the last change of tier (ordinal); 0: still the first."""
    episodes_since_change: int = 0
    over_30: int = 0
    """Open undisputed invoices more than 30 effective days overdue."""
    over_60: int = 0
    last_broken_on: int = 0


NEWCOMER: Final = Standing(Tier.BRONZE, Decision(Rule.NEWCOMER, 0, Tier.BRONZE, Tier.BRONZE))


def is_unknown(habits: Habits) -> bool:
    """Whether too little is known to judge: a sub-state of its own, not the same as bad."""
    return habits.n < EPISODES_TO_BE_KNOWN


def judge(habits: Habits, standing: Standing, *, day: Day) -> Standing:
    """Return the standing at the end of ``day``; ``habits`` are those after the day.

    A day's overrides come first (they hold from 00:00), then its episode goes through the table.
    While an invoice stays too long overdue the table cannot lift the tier above the override.
    """
    now = _overridden(standing, day)
    if day.is_episode:
        now = _after_episode(habits, now, on=day.on)
    if now.tier is standing.tier or now.decision.old is standing.tier:
        return now
    # Two steps on one day are one change.
    return now._replace(decision=now.decision._replace(old=standing.tier))


def _overridden(standing: Standing, day: Day) -> Standing:
    if not (day.over_30 or day.over_60 or day.broken):
        return standing
    over_30, over_60 = standing.over_30 + day.over_30, standing.over_60 + day.over_60
    now = standing._replace(
        over_30=over_30,
        over_60=over_60,
        last_broken_on=day.on if day.broken else standing.last_broken_on,
    )
    capped = _capped(now.tier, now)
    if capped is not now.tier:
        limit_days = 60 if over_60 else 30
        now = _moved(now, Decision(Rule.OPEN_OVERDUE, day.on, now.tier, capped, limit_days=limit_days))
    if _broken_twice(standing, day) and now.tier is not Tier.BRONZE:
        now = _moved(now, Decision(Rule.BROKEN_TWICE, day.on, now.tier, Tier.BRONZE))
    return now


def _broken_twice(standing: Standing, day: Day) -> bool:
    if not day.broken:
        return False
    before = standing.last_broken_on
    return day.broken > 1 or (before > 0 and day.on - before <= BROKEN_WITHIN_DAYS)


def _capped(tier: Tier, standing: Standing) -> Tier:
    if standing.over_60 > 0:
        return Tier.BRONZE
    if standing.over_30 > 0 and tier is Tier.GOLD:
        return Tier.SILVER
    return tier


def _moved(standing: Standing, decision: Decision) -> Standing:
    return standing._replace(
        tier=decision.new, decision=decision, changed_on=decision.on, episodes_since_change=0
    )


def _after_episode(habits: Habits, standing: Standing, *, on: int) -> Standing:
    count = standing.episodes_since_change + 1
    wanted = _capped(_by_table(habits, standing.tier, is_rested=count >= _DWELL_EPISODES), standing)
    decision = standing.decision
    if wanted is not standing.tier:
        return _moved(standing, _table_decision(habits, standing.tier, wanted, on=on))
    if habits.n == EPISODES_TO_BE_KNOWN:
        # No newcomer any more, with the tier it had: that deserves a reason of its own.
        decision = _table_decision(habits, standing.tier, standing.tier, on=on)
    # Written out, because this runs at every payment and dataclasses.replace is slow.
    return Standing(
        standing.tier,
        decision,
        standing.changed_on,
        count,
        standing.over_30,
        standing.over_60,
        standing.last_broken_on,
    )


def _table_decision(habits: Habits, old: Tier, new: Tier, *, on: int) -> Decision:
    fell = (old, new) in ((Tier.GOLD, Tier.SILVER), (Tier.SILVER, Tier.BRONZE))
    theta_fell = 0.20 if old is Tier.GOLD else 0.42
    recent = fell and habits.theta > theta_fell and habits.bad_among(last=5) >= 2
    among = min(habits.n, 5 if recent else EPISODES_KEPT)
    bad = habits.bad_among(last=among)
    return Decision(Rule.TABLE, on, old, new, habits.n, bad, among, habits.bad_days_late(last=among))


def _by_table(habits: Habits, tier: Tier, *, is_rested: bool) -> Tier:
    """Apply the table of section 4, rule by rule."""
    if is_unknown(habits):
        return tier
    if tier is not Tier.GOLD and is_rested and _earns_gold(habits):
        return Tier.GOLD
    b5, b12, theta = habits.bad_among(last=5), habits.bad_among(last=12), habits.theta
    is_last_bad = bool(habits.bad_bits & 1)
    if tier is Tier.GOLD and ((theta > 0.20 and b5 >= 2) or b12 >= 4):
        return Tier.SILVER
    if tier is Tier.SILVER and is_last_bad and is_rested and ((theta > 0.42 and b5 >= 2) or b12 >= 7):
        return Tier.BRONZE
    if tier is Tier.BRONZE and is_rested and theta <= 0.32 and b12 < 7:
        return Tier.SILVER
    return tier


def _earns_gold(habits: Habits) -> bool:
    if habits.bad_bits & 1:
        return False
    b12 = habits.bad_among(last=12)
    # The second arm lets one who pays always in time but seldom reach gold at all.
    return (habits.n >= 5 and b12 == 0) or (
        habits.n >= 4 and b12 < 4 and habits.theta + 0.5 * habits.deviation <= 0.15
    )
