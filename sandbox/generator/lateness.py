"""When a synthetic customer pays by itself: its archetype, the season, and the payment runs it keeps to."""

from datetime import date, timedelta
from random import Random

from sandbox.generator.bankdays import is_bank_day, next_bank_day
from sandbox.generator.personas import Persona

_ONE_OFF_MISS = 0.015
_WEEKEND_SLIP = 0.60
_PLANNERS = frozenset({"early", "punctual", "disputer", "deteriorating"})
_TIGHT_MONTHS = frozenset({1, 8})
_HOLIDAY_MONTH = 8


def natural_paid_on(who: Persona, *, issued_on: date, due_on: date, rng: Random) -> tuple[date, bool]:
    """Return the civil day on which the customer pays without being asked, and whether it disputes the invoice."""
    late_days, is_disputed = _late_days(who, due_on, rng)
    if rng.random() < _ONE_OFF_MISS:
        late_days += 3 + rng.expovariate(1 / 10)
    if who.is_august_late and due_on.month == _HOLIDAY_MONTH:
        late_days += rng.uniform(3, 14)
    slips = rng.random() < _WEEKEND_SLIP
    wanted = max(issued_on, due_on + timedelta(days=round(late_days)))
    if late_days <= 0 and who.archetype in _PLANNERS:
        if slips and wanted == due_on and not is_bank_day(due_on):
            return next_bank_day(due_on), is_disputed
        planned = who.run.on_or_before(wanted)
        if planned >= issued_on:
            return planned, is_disputed
    return who.run.on_or_after(wanted), is_disputed


def _late_days(who: Persona, due_on: date, rng: Random) -> tuple[float, bool]:
    """Return the wish to pay in days after the due date (negative: before) and whether there is a dispute."""
    on_time = -abs(rng.gauss(0, 2))
    late, is_disputed = on_time, False
    match who.archetype:
        case "early":
            late = -min(who.term_days * 0.8, rng.uniform(3, 14))
        case "punctual":
            late = 0.0 if rng.random() < 0.45 else on_time
        case "structural":
            late = rng.gauss(who.offset_days, 0.8)
        case "forgetful" if rng.random() < 0.35:
            late = 2 + rng.expovariate(1 / 9)
        case "cash_tight":
            late = (rng.lognormvariate(1.8, 0.8) - 3) * (1.6 if due_on.month in _TIGHT_MONTHS else 1.0)
        case "disputer" if rng.random() < 0.25:
            late, is_disputed = 8 + rng.expovariate(1 / 25), True
        case "deteriorating" if due_on >= who.changes_on:
            late = rng.lognormvariate(2.3, 0.8)
    return late, is_disputed
