"""One short scene per mutant: the blow that its safeguard is there for, and the invariant that must break without it.

Every scene can be played with the real service too: then nothing may break.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chaos.invariants import Guard
from chaos.ledger_log import Log
from chaos.proxy import Mode
from chaos.scenery import Set, Unplayed
from chaos.stage import Stage
from chaos.witness import Witness

DAYS_PER_SCENE = 11
"""How far the clock goes in a scene that moves it, and the day after."""
MOVE_THE_CLOCK = frozenset({"claim", "gate"})
PROBES = 6
VERSIONS = 40


async def claim(on: Set) -> bool:
    """A sender dies after its provider has taken the messages: they must not go again."""
    await on.publish([on.invoice(n) for n in range(PROBES)])
    await on.move_clock(days=0)
    await on.start("notifier", fault="after_provider_io:1")
    moving = asyncio.create_task(on.move_clock(days=10))
    await on.must_die("notifier")
    await on.start("notifier")
    await moving
    await on.guard.tick()
    return on.guard.count("duplicates") > 0


async def gate(on: Set) -> bool:
    """A payment is committed while a claimed message waits for its sender: it must not go."""
    await on.publish([on.invoice(n) for n in range(PROBES)])
    await on.move_clock(days=0)
    await on.start("notifier", fault="after_claim:1")
    moving = asyncio.create_task(on.move_clock(days=10))
    await on.must_die("notifier")
    await on.publish([on.payment(n) for n in range(PROBES)])

    async def paid() -> bool:
        return await on.known(where="open = 0") == PROBES

    await on.must(paid, "the payments were not taken in")
    await on.start("notifier")
    await moving
    await on.guard.tick()
    return on.guard.count("after_payment") > 0


async def _die_and_come_back(on: Set, *, fault: str) -> Callable[[], Awaitable[bool]]:
    """Kill the mutant while it takes records in, each by itself; then the real service goes on; returns the question whether all are there."""
    await on.start("invoices", fault=fault, more={"VELVET_BATCH_RECORDS_MAX": "1"})
    await on.publish([on.invoice(n) for n in range(3 * PROBES)])
    await on.must_die("invoices")
    on.mutant = ""
    await on.start("invoices")

    async def all_there() -> bool:
        return await on.known() == 3 * PROBES

    return all_there


async def outbox(on: Set) -> bool:
    """A service dies right after a commit: what it committed must be published all the same."""
    are_there = await _die_and_come_back(on, fault="after_commit:9")
    await on.must(are_there, "the invoices were not taken in")
    if await on.known(where="version > 0") < 3 * PROBES:
        raise Unplayed("the invoices have no version to publish")

    async def published() -> bool:
        return await _is_published(on, Log())

    return not await on.until(published, within_s=8)


async def _is_published(on: Set, log: Log) -> bool:
    """Say whether the last version of each of the scene's invoices stands on Kafka."""
    rows = await on.witness.rows(
        "invoices", "SELECT invoice_id, version FROM invoices WHERE creditor_id = $1", on.creditor_id
    )
    await log.read(on.stage.stack.addresses.bootstrap)
    return all(log.versions.get(f"{on.creditor_id}/{r['invoice_id']}") == r["version"] for r in rows)


async def order(on: Set) -> bool:
    """Many versions of the same invoices pile up in the outbox: whoever reads them sees them rise."""
    on.stage.stack.kill("invoices")
    await on.stage.died("invoices", within_s=10)
    await on.publish([on.invoice(n, version=v) for v in range(VERSIONS) for n in range(PROBES)])
    # One fetch brings them all; each is a transaction of its own.
    await on.start("invoices", more={"VELVET_BATCH_RECORDS_MAX": "1"}, is_awaited=False)

    async def begun() -> bool:
        return await on.known() > 0

    async def through() -> bool:
        return await on.known(where=f"amount = {100 + VERSIONS - 1}") == PROBES

    async def sent() -> bool:
        return not (await on.witness.rows("invoices", "SELECT count(*) AS n FROM outbox"))[0]["n"]

    await on.must(begun, "nothing was taken in")
    # While the broker cannot be reached the consumer goes on with what it has fetched.
    on.stage.link("kafka-invoices").fail(Mode.HOLD)
    await asyncio.sleep(5)
    on.stage.heal()
    await on.must(through, "the last versions were not taken in")
    await on.must(sent, "the outbox was not emptied")
    log = Log()
    if not await _is_published(on, log):
        raise Unplayed("the versions were not published")
    return any(key.startswith(f"{on.creditor_id}/") for key in log.disordered)


async def offset(on: Set) -> bool:
    """A service dies before its commit: what it had read must be read again."""
    are_there = await _die_and_come_back(on, fault="before_commit:9")
    return not await on.until(are_there, within_s=15)


async def fence(on: Set) -> bool:
    """A consumer stalls in a transaction and freezes; another takes over; it wakes up and commits."""
    await on.start("invoices")
    on.stage.link("postgres-invoices").fail(Mode.HOLD)
    await on.publish([on.invoice(n) for n in range(PROBES)])
    await asyncio.sleep(1.5)
    on.stage.stack.kill("invoices", signal.SIGSTOP)
    try:
        async with on.stage.second("invoices"):

            async def first_there() -> bool:
                return await on.known() == PROBES

            await on.must(first_there, "the second replica took nothing in")
            await on.publish([on.invoice(n) for n in range(2 * PROBES)])
            await on.publish([on.invoice(n, version=1) for n in range(PROBES)])

            async def second_there() -> bool:
                return await on.known(where="amount = 101") == PROBES

            await on.must(second_there, "the second replica did not go on")
            on.stage.heal()
            on.stage.stack.kill("invoices", signal.SIGCONT)
            await asyncio.sleep(4)
            await on.guard.tick()
    finally:
        on.stage.heal()
        on.stage.stack.kill("invoices", signal.SIGCONT)
    return any(rule == "an offset never goes back" for rule, _ in on.guard.breaches)


async def dead_letter_limit(on: Set) -> bool:
    """A flood of what nobody can read: the consumer stops instead of parking all of it."""
    topic = "erp.invoice-written-off.v1"
    await on.start("invoices")
    await on.publish_raw(topic, [b"no json"] * 160)

    async def stopped() -> bool:
        return not await on.stage.stack.program("invoices").is_ready()

    await on.until(stopped, within_s=8)
    await on.publish_raw(topic, [b"no json"] * 160)
    before = await _taken(on, topic)

    async def more_taken() -> bool:
        return await _taken(on, topic) > before

    return await on.until(more_taken, within_s=5) or before > 200


async def _taken(on: Set, topic: str) -> int:
    query = "SELECT coalesce(sum(next_offset), 0) AS n FROM consumer_offsets WHERE topic = $1"
    return int((await on.witness.rows("invoices", query, topic))[0]["n"])


SCENES: Final[Mapping[str, tuple[str, Callable[[Set], Awaitable[bool]]]]] = {
    "claim": ("notifier", claim),
    "gate": ("notifier", gate),
    "order": ("invoices", order),
    "offset": ("invoices", offset),
    "outbox": ("invoices", outbox),
    "fence": ("invoices", fence),
    "dead-letter-limit": ("invoices", dead_letter_limit),
}
"""Which service each mutant is of, and its scene; the last one leaves dead letters behind."""


@dataclass(slots=True)
class Trial:
    """Plays scenes one after the other on a stage whose clock stands before ``day``."""

    stage: Stage
    witness: Witness
    day: date
    played: int = 0

    async def breaks(self, name: str, *, is_mutant: bool) -> bool:
        """Play one scene; say whether its invariant broke; raises Unplayed. The real service runs again afterwards."""
        service, scene = SCENES[name]
        guard = Guard(self.stage, self.witness)
        await guard.tick()
        guard.breaches.clear()
        before = {str(rewind) for rewind in await self.witness.rewinds()}
        self.played += 1
        mutant = name if is_mutant else ""
        on = Set(self.stage, self.witness, guard, self.day, number=self.played, mutant=mutant)
        if name in MOVE_THE_CLOCK:
            self.day += timedelta(days=DAYS_PER_SCENE)
        try:
            found = await scene(on)
        finally:
            self.stage.heal()
            self.stage.play(service)
            self.stage.stack.kill(service)
            await self.stage.died(service, within_s=10)
            await self.stage.up(service)
        if name == "fence":
            return any(str(rewind) not in before for rewind in await self.witness.rewinds())
        return found
