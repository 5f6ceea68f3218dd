"""Carries out the blows of the plan, one after the other, and measures how long it takes until all is well again."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
import httpx

from chaos.plan import Blow, Strike, Victim
from chaos.proxy import Mode
from chaos.stage import Stage
from chaos.witness import Witness
from chassis.db.offsets import reached
from chassis.kafka.ends import Ends
from chassis.kafka.registry import registry
from chassis.kernel.errors import Transient
from chassis.settings import ServiceSettings
from chassis.telemetry.logs import error_name
from sandbox.stack.addresses import SERVICES

REACH_S_MAX = 12.0
"""How long an armed fault point may stay unreached before the process is killed where it stands."""
RECOVERY_S_MAX = 60.0
LOOKS_MAX = 10
BROKEN_AFTER_S = 20.0
"""When to look for a fault of the broker's own, from which nobody can recover."""
_POLL_S = 0.1
ANYWHERE = "anywhere"
_DOWN = (OSError, TimeoutError, Transient, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(slots=True)
class Toll:
    """What was done so far."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    blows: Counter[str] = field(default_factory=Counter)
    recoveries_s: list[tuple[float, str]] = field(default_factory=list)
    unrecovered: list[str] = field(default_factory=list)
    cuts: int = 0
    in_doubt: set[str] = field(default_factory=set)
    """Contacts whose provider was being called when the sender died."""

    @property
    def killed(self) -> int:
        """All processes killed with SIGKILL, at a point or anywhere."""
        return sum(self.kills.values())

    @property
    def max_recovery_s(self) -> float:
        """The longest time until everything worked again and had caught up."""
        return max((took for took, _ in self.recoveries_s), default=0.0)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far everything had come at one instant."""

    ends: Mapping[str, Sequence[int]]
    outboxes: Mapping[str, int]


@dataclass(slots=True)
class Striker:
    """Strikes; only one blow is in force at a time, so that its recovery can be told."""

    stage: Stage
    witness: Witness
    say: Callable[[str], None]
    toll: Toll = field(default_factory=Toll)
    ends: Ends = field(init=False)
    _stuck: list[str] = field(default_factory=list)
    """What has not recovered since all was well, or since the broker was last killed."""

    def __post_init__(self) -> None:
        """Ask the broker directly: no fault stands between it and the harness."""
        settings = ServiceSettings(
            service="chaos", sandbox=True, kafka_bootstrap=self.stage.stack.addresses.bootstrap
        )
        self.ends = Ends(settings, registry=registry())

    async def strike(self, strike: Strike) -> None:
        """Carry out one blow, end it, and wait until the stack has recovered."""
        await asyncio.sleep(strike.pause_s)
        self.toll.blows[strike.blow.value] += 1
        match strike.blow:
            case Blow.KILL:
                await asyncio.gather(*(self._kill(victim) for victim in strike.victims))
            case Blow.FREEZE:
                await self._freeze(strike)
            case Blow.POSTGRES:
                await self._postgres(strike)
            case Blow.BROKER:
                await self._broker(strike)
            case Blow.CUT | Blow.PART:
                await self._links(strike)
            case Blow.STORM | Blow.HANG_UP:
                await self._providers(strike)
        if strike.blow is Blow.BROKER:
            self._stuck.clear()
        await self._recover(strike)

    async def _kill(self, victim: Victim) -> None:
        """Kill the service where it stands, and again at the named point after its next start."""
        stage, service = self.stage, victim.service
        self._killed(service, ANYWHERE)
        stage.stack.kill(service)
        await stage.died(service, within_s=10)
        await self._note_doubts(service)
        stage.arm(service, f"{victim.point}:{victim.passes}")
        stage.launch(service)
        if await stage.died(service, within_s=REACH_S_MAX):
            self._killed(service, victim.point)
        else:
            self._killed(service, ANYWHERE)
            stage.stack.kill(service)
            await stage.died(service, within_s=10)
        await self._note_doubts(service)
        await stage.up(service)

    async def _note_doubts(self, service: str) -> None:
        """Note the calls that a dead sender left without an answer."""
        if service != "notifier":
            return
        query = "SELECT contact_id FROM contacts WHERE state = 'CALLING'"
        for attempt in range(LOOKS_MAX):
            try:
                rows = await self.witness.rows("notifier", query)
            except _DOWN:
                if attempt == LOOKS_MAX - 1:
                    raise
                await asyncio.sleep(0.5)
            else:
                self.toll.in_doubt |= {str(row["contact_id"]) for row in rows}
                return

    async def _freeze(self, strike: Strike) -> None:
        """Freeze one replica until the broker has given its partitions to the other, then wake it up."""
        async with self.stage.second(strike.service):
            self.stage.stack.kill(strike.service, signal.SIGSTOP)
            try:
                await asyncio.sleep(strike.lasts_s)
            finally:
                self.stage.stack.kill(strike.service, signal.SIGCONT)
            await asyncio.sleep(2)

    async def _postgres(self, strike: Strike) -> None:
        server = self.stage.stack.postgres
        server.kill(signal.SIGQUIT)
        await server.process.gone(within_s=15)
        await asyncio.sleep(strike.lasts_s)
        await server.start()

    async def _broker(self, strike: Strike) -> None:
        broker = self.stage.stack.kafka
        self._killed("kafka", ANYWHERE)
        broker.kill()
        await broker.process.gone(within_s=10)
        await asyncio.sleep(strike.lasts_s)
        await broker.start()

    async def _links(self, strike: Strike) -> None:
        links = [self.stage.link(name) for name in strike.links]
        before = sum(link.cuts_made for link in links)
        for link in links:
            if strike.blow is Blow.CUT:
                link.cut_answers(strike.times)
            elif strike.mode == "delay":
                link.fail(Mode.OPEN, delay_s=0.1)
            else:
                link.fail(Mode(strike.mode))
                if link.mode is Mode.REFUSE:
                    link.reset()
        try:
            await asyncio.sleep(strike.lasts_s)
        finally:
            for link in links:
                link.heal()
        self.toll.cuts += sum(link.cuts_made for link in links) - before

    async def _providers(self, strike: Strike) -> None:
        """Tell the oracle to refuse, or to accept and hang up; it forgets what was not shown in time."""
        order: dict[str, object] = {"times": strike.times}
        order |= {"status": strike.status} if strike.status else {"drop_after_accepting": True}
        async with httpx.AsyncClient(base_url=self.stage.stack.urls["inbox"], trust_env=False) as client:
            (await client.post("/faults", json=order)).raise_for_status()
            await asyncio.sleep(strike.lasts_s)
            (await client.delete("/faults")).raise_for_status()

    def _killed(self, name: str, point: str) -> None:
        self.toll.kills[name, point] += 1

    async def _recover(self, strike: Strike) -> None:
        """Wait until every service is ready and has taken in and sent out what there was when the blow ended."""
        began = time.monotonic()
        mark: Mark | None = None
        lacking = ""
        while (took := time.monotonic() - began) < RECOVERY_S_MAX:
            try:
                mark = mark if mark is not None else await self._mark()
                lacking = await self._lacking(mark)
            except _DOWN as error:
                lacking = f"nobody could look ({error_name(error)})"
            if not lacking:
                self.toll.recoveries_s.append((took, str(strike)))
                self._stuck.clear()
                return
            if took > BROKEN_AFTER_S and await self.stage.mend_broker():
                self.say("the broker's group coordinator had failed: it was restarted")
                began = time.monotonic()
                # The same coordinator failed under them; on a busy machine its log says so only after their time.
                self.toll.unrecovered = [name for name in self.toll.unrecovered if name not in self._stuck]
            await asyncio.sleep(_POLL_S)
        self.say(
            f"{strike} has not recovered: {lacking}; the logs are in {self.stage.keep_logs(strike.number)}"
        )
        self.toll.unrecovered.append(str(strike))
        self._stuck.append(str(strike))

    async def _mark(self) -> Mark:
        """Note how far every topic and every outbox goes now."""
        query = "SELECT coalesce(max(position), -1) AS last FROM outbox"
        outboxes = {s: int((await self.witness.rows(s, query))[0]["last"]) for s in SERVICES}
        return Mark(await self.ends.of(self._topics()), outboxes)

    async def _lacking(self, mark: Mark) -> str:
        """Say which service is not ready or not beyond the mark; empty when all are."""
        for service in SERVICES:
            if said := await self.stage.stack.program(service).unready():
                return f"{service} is not ready: {said}"
            query = "SELECT count(*) AS left FROM outbox WHERE position <= $1"
            if left := (await self.witness.rows(service, query, mark.outboxes[service]))[0]["left"]:
                return f"{service} has {left} rows in its outbox"
            topics = registry().consumed_by(service)
            offsets = await self.witness.offsets(service)
            if behind := [
                t for t in sorted(topics) if not reached(offsets, mark.ends, topics=frozenset({t}))
            ]:
                return f"{service} is behind in {', '.join(behind)}"
        return ""

    def _topics(self) -> list[str]:
        return sorted(set().union(*(registry().consumed_by(service) for service in SERVICES)))
