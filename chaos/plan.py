"""The seeded plan: which blow falls when, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from typing_extensions import override

from chassis.faults import POINTS
from sandbox.stack.addresses import SERVICES

ONLY_OF_THE_SENDER = frozenset({"after_claim", "before_provider_io", "after_provider_io"})
EVERYWHERE = tuple(sorted(POINTS - ONLY_OF_THE_SENDER))
LONG_FREEZE_SHARE, LONG_FREEZE_S = 0.25, 60.0


class Blow(StrEnum):
    """The kinds of blows."""

    KILL = "kill at a fault point"
    FREEZE = "freeze a consumer until it is fenced"
    POSTGRES = "stop PostgreSQL at once"
    BROKER = "kill the broker"
    CUT = "cut links in the middle of an answer"
    PART = "part a link from its server"
    STORM = "storm of provider refusals"
    HANG_UP = "provider accepts and hangs up"


# Kills are what most failures look like from inside; the rest in fair shares.
_SHARES = {
    Blow.KILL: 10,
    Blow.FREEZE: 1,
    Blow.POSTGRES: 2,
    Blow.BROKER: 2,
    Blow.CUT: 2,
    Blow.PART: 2,
    Blow.STORM: 2,
    Blow.HANG_UP: 2,
}
_LINKS = (
    *(f"postgres-{s}" for s in SERVICES),
    *(f"kafka-{s}" for s in SERVICES),
    "gate",
    "mail",
    "vendors",
    "call-backs",
    "peer-invoices",
    "peer-classifier",
    "peer-notifier",
)


@dataclass(frozen=True, slots=True)
class Victim:
    """A service, and the fault point at which it dies when it passes there for the so-manieth time."""

    service: str
    point: str
    passes: int


@dataclass(frozen=True, slots=True)
class Strike:
    """One blow of the plan; what a kind does not need is left empty."""

    number: int
    blow: Blow
    service: str = ""
    victims: tuple[Victim, ...] = ()
    links: tuple[str, ...] = ()
    mode: str = ""
    lasts_s: float = 0.0
    status: int = 0
    times: int = 0
    pause_s: float = 0.0
    """How long to wait before it."""

    @override
    def __str__(self) -> str:
        """Say it in a few words."""
        victims = ", ".join(f"{victim.service} {victim.point}" for victim in self.victims)
        parts = (self.service, victims, ",".join(self.links), self.mode)
        return f"{self.number} {self.blow.value}: {' '.join(filter(None, parts))}".removesuffix(": ")


def strikes(seed: int, *, freezes: bool = True, pause_s_max: float = 2.0) -> Iterator[Strike]:
    """Yield strikes for ever, each after a pause of at most ``pause_s_max``: work has to go on between them."""
    rng = Random(f"{seed}:plan")
    shares = {blow: share for blow, share in _SHARES.items() if freezes or blow is not Blow.FREEZE}
    turns: list[tuple[str, str]] = []
    number = 0
    while True:
        number += 1
        blow = rng.choices(list(shares), weights=list(shares.values()))[0]
        strike = _strike(number, blow, rng=rng, turns=turns)
        yield replace(strike, pause_s=rng.uniform(0.1, 1.0) * pause_s_max)


def all_points() -> list[tuple[str, str]]:
    """Return every (service, fault point) that exists; the sender's own stand twice, as they matter most."""
    own = [("notifier", point) for point in sorted(ONLY_OF_THE_SENDER)]
    return [*own, *own, *((service, point) for service in SERVICES for point in EVERYWHERE)]


def _strike(number: int, blow: Blow, *, rng: Random, turns: list[tuple[str, str]]) -> Strike:
    plain = Strike(number, blow)
    match blow:
        case Blow.KILL:
            return replace(plain, victims=_victims(rng, turns))
        case Blow.FREEZE:
            lasts_s = LONG_FREEZE_S if rng.random() < LONG_FREEZE_SHARE else rng.uniform(12.0, 20.0)
            return replace(plain, service=rng.choice(SERVICES), lasts_s=lasts_s)
        case Blow.CUT | Blow.PART:
            return _on_links(plain, rng=rng)
        case _:
            return _on_servers(plain, rng=rng)


def _victims(rng: Random, turns: list[tuple[str, str]]) -> tuple[Victim, ...]:
    """Take one to three services at once; every point of every service gets its turn before any comes twice."""
    wanted = rng.randint(1, 3)
    if len(turns) < wanted:
        more = all_points()
        rng.shuffle(more)
        turns[:0] = more
    chosen: dict[str, Victim] = {}
    for _ in range(wanted):
        service, point = turns.pop()
        if service in chosen:
            turns.insert(0, (service, point))
            continue
        passes = rng.randint(1, 3) if point in ONLY_OF_THE_SENDER else rng.randint(1, 8)
        chosen[service] = Victim(service, point, passes)
    return tuple(chosen.values())


def _on_links(plain: Strike, *, rng: Random) -> Strike:
    if plain.blow is Blow.CUT:
        chosen = tuple(rng.sample(_LINKS, k=rng.randint(1, 4)))
        return replace(plain, links=chosen, times=rng.randint(1, 4), lasts_s=3.0)
    chosen = tuple(rng.sample(_LINKS, k=rng.randint(1, 3)))
    mode = rng.choice(["blackhole", "hold", "refuse", "delay"])
    return replace(plain, links=chosen, mode=mode, lasts_s=rng.uniform(0.5, 6.0))


def _on_servers(plain: Strike, *, rng: Random) -> Strike:
    if plain.blow is Blow.STORM:
        return replace(plain, status=rng.choice([429, 500, 503]), times=rng.randint(3, 40), lasts_s=3.0)
    if plain.blow is Blow.HANG_UP:
        return replace(plain, times=rng.randint(1, 6), lasts_s=2.0)
    return replace(plain, lasts_s=rng.uniform(0.1, 3.0))
