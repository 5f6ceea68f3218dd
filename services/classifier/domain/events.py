"""What the classifier tells the world."""

from datetime import datetime
from typing import NamedTuple

from classifier.domain.customer import CurrentTier
from classifier.domain.habits import Habits
from classifier.domain.profile import Profile
from classifier.domain.tier import Tier


class TierChanged(NamedTuple):
    """Full state of a customer's tier; ``old_tier`` is empty for the first."""

    creditor_id: str
    customer_id: str
    version: int
    old_tier: str
    now: CurrentTier
    habits: Habits
    open_overdue_days: int
    time: datetime
    history: tuple[tuple[Tier, datetime], ...] = ()
    """Tiers from the first of these instants on, in place of what was told of that time; empty: the present one alone."""


class ProfileChanged(NamedTuple):
    """Full state of a customer's learned behaviour."""

    creditor_id: str
    customer_id: str
    version: int
    profile: Profile
    time: datetime


Event = TierChanged | ProfileChanged
