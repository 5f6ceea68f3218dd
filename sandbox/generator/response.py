"""How a synthetic debtor reacts to a reminder; off unless a replay asks for it, and true in the simulator only."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sandbox.generator.bankdays import next_bank_day
from sandbox.generator.personas import Persona

# Personalisation.md section 7; the fatigue curve is that of section 2, relative to the first attempt.
BASE_BY_CHANNEL = {"EMAIL": 0.30, "SMS": 0.36, "WHATSAPP": 0.38, "CALL": 0.50, "LETTER": 0.33}
FATIGUE = tuple(share / 0.146 for share in (0.146, 0.112, 0.112, 0.090, 0.079, 0.071, 0.064, 0.049))
_TONE_MATCH, _TONE_MISMATCH = 1.15, 0.9
_HOUR_MATCH, _HOUR_MISMATCH = 1.2, 0.85
_HOUR_TOLERANCE_H = 2
_PAYS_EACH_DAY = 0.45
_SHARE_MAX = 0.95
_DEFAULT_HOUR_H = 10


@dataclass(frozen=True, slots=True)
class Reminder:
    """One contact as the debtor sees it; ``hour_h`` is local, ``attempt`` counts from 1 within the invoice."""

    invoice_id: str
    on: date
    channel: str
    tone: str
    hour_h: int
    attempt: int


def response_share(who: Persona, reminder: Reminder) -> float:
    """Return the probability that this reminder makes the customer pay."""
    hour_h = _liked_hour_h(who)
    hour = _HOUR_MATCH if abs(reminder.hour_h - hour_h) <= _HOUR_TOLERANCE_H else _HOUR_MISMATCH
    tone = _TONE_MATCH if reminder.tone == who.tone else _TONE_MISMATCH
    fatigue = FATIGUE[min(reminder.attempt, len(FATIGUE)) - 1]
    liking = 0.4 + 3 * who.affinity.get(reminder.channel, 0.0)
    return min(_SHARE_MAX, BASE_BY_CHANNEL[reminder.channel] * liking * tone * hour * fatigue)


def paid_on_after(who: Persona, reminder: Reminder, *, natural_paid_on: date, seed: int) -> date:
    """Return the day on which the customer pays now: never later than it would have paid by itself.

    The draw depends on seed, invoice and attempt alone, so two policies meet the same luck.
    """
    rng = Random(f"{seed}:response:{reminder.invoice_id}:{reminder.attempt}")  # noqa: S311 - a simulation
    if rng.random() >= response_share(who, reminder):
        return natural_paid_on
    days = 1
    while rng.random() >= _PAYS_EACH_DAY:
        days += 1
    return min(natural_paid_on, next_bank_day(reminder.on + timedelta(days=days)))


def _liked_hour_h(who: Persona) -> int:
    window = who.fields.get("preferred_window")
    return int(str(window["from"])[:2]) if isinstance(window, dict) else _DEFAULT_HOUR_H
