"""What the classifier tells the world."""

from datetime import datetime
from typing import NamedTuple

from classifier.domain.customer import CurrentTier
from classifier.domain.habits import Habits
from classifier.domain.profile import Profile


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


class ProfileChanged(NamedTuple):
    """Full state of a customer's learned behaviour."""

    creditor_id: str
    customer_id: str
    version: int
    profile: Profile
    time: datetime


Event = TierChanged | ProfileChanged
