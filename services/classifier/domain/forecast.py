"""When an invoice is likely to be paid (personalisation.md 3)."""

from dataclasses import dataclass

from classifier.domain.habits import Habits
from classifier.domain.lateness import BankDays, Pmf, late_beyond, quantile, shrunk, weekday

_WEEKDAY_PRIOR = 4


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of one open invoice; days as ordinals."""

    expected_on: int
    likely_from: int
    likely_until: int
    late: float
    """P(paid after the effective due date), with the customer's experience on that due weekday."""
    late_beyond_7: float


def forecast(habits: Habits, *, due_on: int, bank_days: BankDays, prior: Pmf) -> Forecast:
    """Return the forecast of an invoice due on ``due_on`` by the customer's own distribution.

    Lateness counts from the effective due date, so a weekend needs no shift of its own.
    """
    pmf = shrunk(habits.histogram, prior=prior)
    effective_due_on = bank_days.roll(due_on)
    due_weekday = weekday(due_on)
    late = (_WEEKDAY_PRIOR * late_beyond(pmf, days=0) + habits.due_weekday_late[due_weekday]) / (
        _WEEKDAY_PRIOR + habits.due_weekday_paid[due_weekday]
    )

    def paid_by(share: float) -> int:
        return bank_days.roll(effective_due_on + quantile(pmf, share=share))

    return Forecast(
        expected_on=paid_by(0.5),
        likely_from=paid_by(0.25),
        likely_until=paid_by(0.75),
        late=round(late, 4),
        late_beyond_7=round(late_beyond(pmf, days=7), 4),
    )
