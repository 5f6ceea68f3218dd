"""One run: a stage, a ledger played through it, blows falling on it, the guard watching; then the reckoning."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from random import Random

from chaos.invariants import Guard, canaries, leaks
from chaos.ledger_log import Log
from chaos.plan import Strike, strikes
from chaos.replay import STATES, differences
from chaos.scenery import Unplayed
from chaos.scenes import Trial
from chaos.stage import Stage, open_stage
from chaos.strikes import Striker, Toll
from chaos.witness import Witness
from chaos.workload import Driver, Played, Script
from chassis.kafka.registry import registry
from sandbox.replay.client import SandboxClient
from sandbox.replay.evidence import Evidence, gather
from sandbox.replay.judge import judge
from sandbox.replay.verdicts import Truth, Violation

OVERTIME = 3.0
"""A run goes on, at most so many times as long as asked, until it has its deliveries and kills."""
REST_EVERY = 10
"""After so many moves of the clock everything at rest is counted."""


@dataclass(frozen=True, slots=True)
class Size:
    """How long, how many, and on how large a ledger."""

    seconds: float
    deliveries_min: int = 0
    kills_min: int = 0
    customers: int = 200
    months: int = 24
    warm_days: int = 25
    pause_s_max: float = 2.0
    """The longest pause between two blows."""
    freezes: bool = True
    mutants: Sequence[str] = ()
    """Which mutants are held against the harness after the run."""
    replays: bool = True
    """Replay the event log into an empty database at the end."""
    controls: bool = True
    """Play each mutant's scene with the real service too."""


@dataclass(slots=True)
class Reckoning:
    """What came of a run."""

    seed: int
    took_s: float
    toll: Toll
    guard: Guard
    played: Played
    counts: dict[str, int] = field(default_factory=dict)
    deliveries: int = 0
    caught: dict[str, bool] = field(default_factory=dict)
    broker_faults: int = 0

    @property
    def missed(self) -> list[str]:
        """The mutants that the harness let through."""
        return [name for name, was_caught in self.caught.items() if not was_caught]

    @property
    def is_clean(self) -> bool:
        """Whether every invariant held and every mutant was caught."""
        return not self.guard.breaches and not self.missed


async def run(seed: int, size: Size, *, say: Callable[[str], None]) -> Reckoning:
    """Play and strike until the time is over and the minima are reached; then let everything come to rest and judge."""
    script = Script.of(seed, customers=size.customers, months=size.months)
    async with open_stage() as stage:
        witness = Witness(stage.stack)
        await witness.install()
        guard, striker = Guard(stage, witness), Striker(stage, witness, say)
        say(f"stage is up; seed {seed}")
        try:
            reckoning = await _played(seed, size, script=script, guard=guard, striker=striker)
            # Before the mutants: their scenes leave a topic behind that a sound consumer stops at.
            await _replayed(script, size, reckoning=reckoning, striker=striker)
            await _tried(size, reckoning=reckoning, striker=striker)
            reckoning.broker_faults = stage.broker_faults
        finally:
            await striker.ends.close()
            await witness.close()
    return reckoning


async def _tried(size: Size, *, reckoning: Reckoning, striker: Striker) -> None:
    """Hold the mutants against the harness; what breaks with the real service is a breach of its own."""
    now = reckoning.played.now
    if now is None or not size.mutants:
        return
    trial = Trial(striker.stage, striker.witness, now.date() + timedelta(days=1))
    for name in size.mutants:
        reckoning.caught[name] = False
        try:
            if size.controls and await trial.breaks(name, is_mutant=False):
                reckoning.guard.note("a scene is clean without its mutant", name)
            reckoning.caught[name] = await trial.breaks(name, is_mutant=True)
        except Unplayed as error:
            reckoning.guard.note("a scene comes to its point", f"{name}: {error}")
        striker.say(f"mutant without {name}: {'caught' if reckoning.caught[name] else 'MISSED'}")


async def _replayed(script: Script, size: Size, *, reckoning: Reckoning, striker: Striker) -> None:
    """Hold the books and the tiers against a replay of the whole event log into an empty database."""
    if not size.replays:
        return
    stage = striker.stage
    for service in STATES:
        await stage.stack.stop_one(service)
        ends = await striker.ends.of(sorted(registry().consumed_by(service)))
        differing = await differences(
            stage, striker.witness, service, creditor_id=script.creditor.creditor_id, ends=ends
        )
        for told in differing:
            reckoning.guard.note(f"{service} holds a replay of the log", told)
        striker.say(f"the event log was replayed for {service}: {len(differing)} differences")
        await stage.up(service)


async def _played(seed: int, size: Size, *, script: Script, guard: Guard, striker: Striker) -> Reckoning:
    stage, began, log = striker.stage, time.monotonic(), Log()
    stack = stage.stack
    ending = asyncio.Event()
    async with SandboxClient(stack.urls, token=stack.token(script.creditor.creditor_id)) as client:
        steps = count(1)

        async def conservation() -> None:
            await log.read(stack.addresses.bootstrap)
            await guard.tick()
            await guard.at_rest(log.commands)

        async def at_rest() -> None:
            if next(steps) % REST_EVERY == 0:
                await guard.look(conservation)

        driver = Driver(
            script,
            client,
            stack.addresses.bootstrap,
            Random(f"{seed}:workload"),
            at_rest=at_rest,
            warm_days=size.warm_days,
            day_s_min=size.seconds / max(1, len(script.days) - size.warm_days),
        )
        watching = asyncio.create_task(guard.watch(ending))
        striking = asyncio.create_task(_strike(seed, size, striker=striker, guard=guard, driver=driver))
        playing = asyncio.create_task(driver.run())
        try:
            await asyncio.wait({playing, striking}, return_when=asyncio.FIRST_COMPLETED)
            # Whichever ended, an error must not wait for the other.
            for task in (playing, striking):
                if task.done():
                    task.result()
            driver.stopping = True
            striking_done = striking if striking.done() else None
            if striking_done is None:
                striking.cancel()
                await asyncio.gather(striking, return_exceptions=True)
            await _mend(stage)
            played = await playing
        finally:
            ending.set()
            for task in (striking, playing):
                task.cancel()
            await asyncio.gather(watching, striking, playing, return_exceptions=True)
        striker.say("the blows are over; everything is judged now")
        await log.read(stack.addresses.bootstrap)
        _note_answers(played, guard=guard)
        counts = await guard.at_end(log, in_doubt=striker.toll.in_doubt)
        await _judged(script, guard=guard, client=client, played=played)
    _searched(stage, guard=guard, script=script)
    for name in striker.toll.unrecovered:
        guard.note("recovery within the bound", name)
    took_s = time.monotonic() - began
    return Reckoning(seed, took_s, striker.toll, guard, played, counts, deliveries=len(guard.calls))


def _note_answers(played: Played, *, guard: Guard) -> None:
    """Note what the driver was answered and should not have been."""
    for fault in played.went_back:
        guard.note("the clock never goes back", fault)
    for fault in played.unheard:
        guard.note("what is asked is done", fault)


async def _strike(seed: int, size: Size, *, striker: Striker, guard: Guard, driver: Driver) -> None:
    """Strike by the plan until the time is over and the minima are reached."""
    await driver.warm.wait()
    began = time.monotonic()
    for strike in strikes(seed, freezes=size.freezes, pause_s_max=size.pause_s_max):
        passed = time.monotonic() - began
        enough = len(guard.calls) >= size.deliveries_min and striker.toll.killed >= size.kills_min
        if passed >= size.seconds and (enough or passed >= OVERTIME * size.seconds):
            break
        _tell(strike, passed=passed, striker=striker, guard=guard, driver=driver)
        await striker.strike(strike)
    driver.stopping = True


def _tell(strike: Strike, *, passed: float, striker: Striker, guard: Guard, driver: Driver) -> None:
    day = driver.played.now.date() if driver.played.now else "-"
    striker.say(
        f"{passed:6.0f} s  {day}  {len(guard.calls)} deliveries, {striker.toll.killed} kills,"
        f" {len(guard.breaches)} breaches; next {strike}"
    )


async def _mend(stage: Stage) -> None:
    """Heal every link and bring everything up, so that the end can be judged at rest."""
    stage.heal()
    await stage.stack.postgres.start()
    await stage.stack.kafka.start()
    for service in stage.stack.choice.services:
        await stage.up(service)


async def _judged(script: Script, *, guard: Guard, client: SandboxClient, played: Played) -> None:
    """Hold everything that can be seen from outside against the ledger."""
    if played.now is None:
        guard.note("the clock moved", "never")
        return
    truth = _so_far(script.truth, until=played.now.date())
    evidence = await gather(client, truth.customers, now=played.now)
    contacts = {contact["contact_id"] for contact in evidence.contacts}
    # A provider that hung up never told its name for the message: the action's own key tells whose it is.
    accounted = {call.provider_message_id for call in guard.calls if call.action_key in contacts}
    for violation in judge(truth, evidence):
        is_race = violation.rule == "after-payment" and any(
            f" on {invoice_id} at " in violation.detail and str(day) in violation.detail
            for invoice_id, day in played.raced.items()
        )
        if violation.rule == "unaccounted" and violation.detail.split()[1] in accounted:
            continue
        # A payment that came after the send of its own day: the guard has judged it by the commits.
        if not is_race and not _is_of_the_storm(violation, evidence):
            guard.note(
                f"judge: {violation.rule}", _explained(violation, evidence), figure=_figure(violation.rule)
            )


def _is_of_the_storm(violation: Violation, evidence: Evidence) -> bool:
    """Say whether the blows explain what an undisturbed replay must not show.

    A message that a provider refused is tried again later that day, out of its hour; quiet hours, Sundays
    and holidays are a rule of the judge's own and stay one. A payment that raced a message may make its customer gold from the midnight before.
    """
    if violation.rule == "outside-window":
        return True
    if violation.rule != "gold-reminded":
        return False
    at, tiers, history = _of_gold(violation, evidence)
    began = [entry["at"] for entry in history if entry["at"] <= at][-1]
    is_of_that_day = datetime.fromisoformat(at) - datetime.fromisoformat(began) < timedelta(days=1)
    return is_of_that_day and "GOLD" not in tiers


def _explained(violation: Violation, evidence: Evidence) -> str:
    """Say what else is to be known: the run's databases are gone when its report is read."""
    if violation.rule != "gold-reminded":
        return violation.detail
    _, tiers, history = _of_gold(violation, evidence)
    known = [(entry["at"], entry["tier"], entry["reason"]) for entry in history]
    return f"{violation.detail}, decided under {tiers}; now the history is {known}"


def _of_gold(violation: Violation, evidence: Evidence) -> tuple[str, list[str], Sequence[Mapping[str, str]]]:
    """Return when a message to a gold customer went out, the tiers it was decided under, and the customer's history."""
    step, _, customer_id, _, at = violation.detail.split()
    named = (step, customer_id, at)
    tiers = [c["tier"] for c in evidence.contacts if (c["step"], c["customer_id"], c["at"]) == named]
    return at, tiers, evidence.tiers[customer_id]["history"]


def _so_far(truth: Truth, *, until: date) -> Truth:
    """Leave out what had not happened when the run ended: invoices not issued, and customers without one."""
    claims = {name: claim for name, claim in truth.claims.items() if claim.issued_on <= until}
    known = {claim.customer_id for claim in claims.values()}
    return Truth(
        claims, {name: fields for name, fields in truth.customers.items() if name in known}, truth.zone
    )


def _figure(rule: str) -> str:
    return {
        "after-payment": "after_payment",
        "doubled": "duplicates",
        "step-twice": "duplicates",
        "lost": "lost",
        "forgotten": "lost",
    }.get(rule, "")


def _searched(stage: Stage, *, guard: Guard, script: Script) -> None:
    """Look for people in the logs."""
    wanted = canaries(dict(fields) for fields in script.truth.customers.values())
    for path in sorted(stage.stack.layout.logs.glob("*.log")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for canary, times in leaks(text, wanted).items():
            guard.note("nobody stands in a log", f"{path.name}: {canary[:3]}… {times} times")
