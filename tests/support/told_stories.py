"""Lets invented customers live through a spring and a summer and prints a digest of all that was decided for them.

Run as a program by the test of the release: compiled and as written, `decide` must tell the same to the letter.
Hypothesis' stories would not do: what it invents depends on the constants that it finds in the source at hand.
"""

import hashlib
import sys
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import scheduler.domain.decide
from scheduler.domain.customer import Customer, Detail, Invoice, Profile, Resend, Stop, TierSpan, Window
from scheduler.domain.words import Tier
from tests.unit.scheduler.builders import EVERY_DETAIL, Life, customer, invoice, local

STORIES = 400
_SPRING = date(2026, 3, 1)
_DETAILS = (
    EVERY_DETAIL,
    (*EVERY_DETAIL, Detail("REMINDER", "WHATSAPP", "m1")),
    EVERY_DETAIL[:1],
    EVERY_DETAIL[3:],
    (),
)
_STEPS = ("tier", "stop", "free", "paid", "refused", "resend", "window")


def somebody(chance: Random) -> Customer:
    """Return a customer of any tier, place and habit, with one to five invoices."""
    late = [chance.random() for _ in range(24)]
    profile = Profile(
        version=1,
        episodes=chance.randint(0, 30),
        structural_days_late=chance.choice((None, 0.4, 2.5, 6.0, 11.0)),
        lateness=tuple([share / sum(late) for share in late]),
        weekday_factor=(1.0,) * 7,
    )
    return customer(
        *[_an_invoice(number, chance) for number in range(chance.randint(1, 5))],
        tier=chance.choice(("GOLD", "SILVER", "BRONZE")),
        profile=profile if chance.random() < 0.8 else Profile(),
        window=_a_window(chance),
        timezone=chance.choice(("", "Europe/Amsterdam", "America/New_York", "Asia/Tokyo")),
        preferred_channel=chance.choice(("", "EMAIL", "WHATSAPP", "CALL", "LETTER", "PORTAL")),
        language=chance.choice(("nl", "en", "")),
        tone=chance.choice(("", "WARM", "FIRM")),
        details=chance.choice(_DETAILS),
        is_consumer=chance.random() < 0.3,
    )


def _an_invoice(number: int, chance: Random) -> Invoice:
    due = _SPRING + timedelta(days=chance.randint(0, 70))
    return invoice(
        f"I-{number}",
        due=due.isoformat(),
        issued_on=due - timedelta(days=chance.choice((0, 3, 8, 14, 30))),
        amount=(amount := Decimal(chance.choice(("90", "450.50", "12000")))),
        open=amount,
    )


def _a_window(chance: Random) -> Window | None:
    days = frozenset(chance.sample(range(7), chance.randint(0, 4)))
    return Window(chance.randint(0, 1439), chance.randint(1, 1440), days) if chance.random() < 0.4 else None


def story(chance: Random) -> Life:
    """Return a life with changes on the way, until September."""
    life = Life(somebody(chance), start=local(_SPRING, "00:00"), calls_done=chance.random() < 0.5)
    for number in range(chance.randint(0, 5)):
        life.until(life.now + timedelta(days=chance.randint(1, 30), minutes=chance.randint(0, 1439)))
        if life.who.invoices:
            _happen(life, number, chance)
    return life.until(local("2026-09-01"))


def _happen(life: Life, number: int, chance: Random) -> None:
    who, what = life.who, chance.choice(_STEPS)
    item = chance.choice(who.invoices)
    match what:
        case "tier":
            span = TierSpan(life.now, chance.choice(list(Tier)), unknown=False, version=10 + number)
            life.change(tiers=(*who.tiers, span))
        case "refused":
            life.change(refused=(chance.choice(("EMAIL", "SMS", "CALL")),))
        case "resend":
            life.change(resends=(*who.resends, Resend((item.invoice_id,), life.now)))
        case "window":
            life.change(window=_a_window(chance))
        case _:
            changed = {
                "stop": item._replace(stops=(Stop("HELD", until=life.now.date() + timedelta(days=9)),)),
                "free": item._replace(stops=()),
                "paid": item._replace(status="PAID", open=Decimal(0)),
            }[what]
            life.change(invoices=tuple([changed if other is item else other for other in who.invoices]))


def told() -> str:
    """Return how much was done, and the digest of all of it with the states that were left and the next wake-ups."""
    digest, deeds = hashlib.sha256(), 0
    chance = Random(20_261_123)
    for _ in range(STORIES):
        life = story(chance)
        deeds += len(life.done)
        digest.update(repr((life.done, life.who, life.wake, life.now)).encode())
    return f"{deeds} {digest.hexdigest()}"


if __name__ == "__main__":
    sys.stdout.write(f"{scheduler.domain.decide.__file__}\n{told()}\n")
