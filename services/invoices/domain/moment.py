"""When something is judged: the time, and the days on which banks work."""

from dataclasses import dataclass
from datetime import datetime

from chassis.kernel.calendar import DayCalendar


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant of a judgement; ``now`` None: a fresh sandbox has no time yet, everything is in effect."""

    now: datetime | None
    told_at: datetime
    """The instant that published events carry: now, or the newest fact's own."""
    calendar: DayCalendar
