"""The customers of the synthetic ledger: who they are, how they pay and how they like to be approached."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar

from sandbox.generator.bankdays import PaymentRun
from sandbox.ledger.people import made_up_customer

# Priors of personalisation.md sections 2 and 7 (Altares D&B 2022 for the on-time shares).
SIZES = {"MICRO": 0.55, "SMALL": 0.25, "MEDIUM": 0.13, "LARGE": 0.07}
SECTORS = {
    "agriculture": 0.06,
    "retail": 0.20,
    "construction": 0.17,
    "transport": 0.10,
    "manufacturing": 0.15,
    "services": 0.32,
}
ON_TIME_BY_SIZE = {"MICRO": 0.778, "SMALL": 0.67, "MEDIUM": 0.493, "LARGE": 0.355}
ON_TIME_BY_SECTOR = {
    "agriculture": 0.82,
    "retail": 0.83,
    "construction": 0.722,
    "transport": 0.624,
    "manufacturing": 0.613,
    "services": 0.75,
}
RUN_WEEKDAYS = {0: 23.5, 1: 22.7, 2: 16.5, 3: 15.7, 4: 21.6}
RUNS_SME = {0: 0.60, 1: 0.32, 2: 0.08}
RUNS_LARGE = {0: 0.25, 1: 0.55, 2: 0.20}
TERMS_DAYS = (14, 30, 30, 60)
CHANNELS = ("EMAIL", "SMS", "WHATSAPP", "CALL", "LETTER")
_VOLUME = {"MICRO": 0.6, "SMALL": 0.9, "MEDIUM": 1.4, "LARGE": 2.2}
_LOG_AMOUNT = {"MICRO": 5.8, "SMALL": 6.6, "MEDIUM": 7.4, "LARGE": 8.3}
_RATE_MIN = 0.2
_ABROAD = {"BE": "Europe/Brussels", "DE": "Europe/Berlin", "GB": "Europe/London"}

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Persona:
    """One synthetic customer; ``rate`` is invoices a month, ``fields`` its CustomerUpdated fields."""

    customer_id: str
    size: str
    sector: str
    archetype: str
    term_days: int
    rate: float
    log_amount: float
    offset_days: float
    run: PaymentRun
    is_august_late: bool
    joined_on: date
    changes_on: date
    affinity: Mapping[str, float]
    tone: str
    fields: Mapping[str, object]
    is_mail_broken: bool


def pick(rng: Random, weights: Mapping[Choice, float]) -> Choice:
    """Draw one key with its weight."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def persona(seed: int, number: int, *, start_on: date, days: int) -> Persona:
    """Make customer ``number``; depends on nothing but the arguments, so adding customers changes no other."""
    rng = Random(f"{seed}:customer:{number}")  # noqa: S311 - a simulation, not a secret
    customer_id = f"K{number + 1:04d}"
    size, sector = pick(rng, SIZES), pick(rng, SECTORS)
    archetype = pick(rng, _archetypes(_on_time(rng, size, sector)))
    joins_late, joined = rng.random() < 0.20, rng.randrange(max(1, days * 3 // 4))
    runs = RUNS_LARGE if size in {"MEDIUM", "LARGE"} else RUNS_SME
    rate = max(_RATE_MIN, rng.lognormvariate(0, 0.9) * _VOLUME[size])
    log_amount = rng.gauss(_LOG_AMOUNT[size], 0.7)
    affinity = _affinity(rng)
    tone = rng.choice(("WARM", "NEUTRAL", "FORMAL"))
    is_mail_broken = rng.random() < 0.03
    term_days = rng.choice(TERMS_DAYS)
    return Persona(
        customer_id=customer_id,
        size=size,
        sector=sector,
        archetype=archetype,
        term_days=term_days,
        rate=rate,
        log_amount=log_amount,
        offset_days=rng.uniform(2, 10),
        run=PaymentRun(every_weeks=pick(rng, runs), weekday=pick(rng, RUN_WEEKDAYS)),
        is_august_late=rng.random() < 0.20,
        joined_on=start_on + timedelta(days=joined if joins_late else 0),
        changes_on=start_on + timedelta(days=int(days * rng.uniform(0.3, 0.6))),
        affinity=affinity,
        tone=tone,
        is_mail_broken=is_mail_broken,
        fields=_fields(
            rng, customer_id, traits=(size, sector, tone), affinity=affinity, is_mail_broken=is_mail_broken
        ),
    )


def _on_time(rng: Random, size: str, sector: str) -> float:
    logits = [math.log(share / (1 - share)) for share in (ON_TIME_BY_SIZE[size], ON_TIME_BY_SECTOR[sector])]
    return 1 / (1 + math.exp(-(sum(logits) / 2 + rng.gauss(0, 0.5))))


def _archetypes(on_time: float) -> dict[str, float]:
    late = 1 - on_time
    return {
        "early": 0.16 * on_time,
        "punctual": 0.85 * on_time,
        "structural": 0.50 * late + 0.02,
        "forgetful": 0.30 * late + 0.04,
        "cash_tight": 0.16 * late,
        "disputer": 0.02,
        "deteriorating": 0.03,
    }


def _affinity(rng: Random) -> dict[str, float]:
    """Return how much a customer likes each channel; the shares sum to one."""
    drawn = [rng.expovariate(1.0) for _ in CHANNELS]
    total = sum(drawn)
    return {channel: share / total for channel, share in zip(CHANNELS, drawn, strict=True)}


def _fields(
    rng: Random,
    customer_id: str,
    *,
    traits: Sequence[str],
    affinity: Mapping[str, float],
    is_mail_broken: bool,
) -> dict[str, object]:
    size, sector, tone = traits
    country = rng.choice(list(_ABROAD)) if rng.random() < 0.08 else "NL"
    is_consumer = size == "MICRO" and rng.random() < 0.15
    made_up = made_up_customer(customer_id, country=country)
    contacts = _contacts(made_up, is_mail_broken=is_mail_broken, whatsapp=rng.random() < 0.35)
    english = country != "NL" or rng.random() < 0.06
    fields: dict[str, object] = {
        "name": contacts[0]["name"] if is_consumer else made_up["name"],
        "kind": "CONSUMER" if is_consumer else "BUSINESS",
        "country": country,
        "language": "en" if english else "nl",
        "timezone": _ABROAD.get(country, "Europe/Amsterdam"),
        "size": size,
        "credit_limit": {
            "currency": "EUR",
            "amount": f"{Decimal(round(rng.lognormvariate(_LOG_AMOUNT[size] + 2, 0.5), -2)):.2f}",
        },
        "account_manager": rng.choice(("Noor", "Sem", "Yara")),
        "contacts": contacts,
        "address": made_up["address"],
    }
    if not is_consumer:
        fields["sector"] = sector
    return fields | _preferences(
        rng, is_evening=size == "MICRO" and sector == "construction", tone=tone, affinity=affinity
    )


def _contacts(
    made_up: Mapping[str, object], *, is_mail_broken: bool, whatsapp: bool
) -> list[dict[str, object]]:
    listed = made_up["contacts"]
    contact: dict[str, object] = dict(listed[0]) if isinstance(listed, list) else {}
    if is_mail_broken:
        # The inbox and the replay know this local part as one that bounces.
        contact["email"] = str(contact["email"]).replace("administratie@", "onbestelbaar@")
    return [contact | {"whatsapp_opt_in": whatsapp}]


def _preferences(
    rng: Random, *, is_evening: bool, tone: str, affinity: Mapping[str, float]
) -> dict[str, object]:
    """Say what the customer asked for; about half asked for nothing."""
    said: dict[str, object] = {}
    if is_evening:
        # The self-employed in construction are on site by day: an SMS in the evening (requirements S32).
        said |= {"preferred_channel": "SMS", "preferred_window": {"from": "18:00", "to": "20:00"}}
    elif rng.random() < 0.45:
        said["preferred_channel"] = max(affinity, key=lambda channel: affinity[channel])
        if rng.random() < 0.25:
            said["preferred_window"] = rng.choice(
                (
                    {"from": "08:00", "to": "10:00"},
                    {"from": "13:00", "to": "15:00", "days": ["TUE", "WED", "THU"]},
                    {"from": "16:00", "to": "17:30"},
                )
            )
    if rng.random() < 0.20:
        said["tone"] = tone
    return said
