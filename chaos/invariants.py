"""What must hold all the time, at rest, and at the end (docs/reliability.md, Chaos)."""

import asyncio
import contextlib
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from chaos.ledger_log import Log, Rung
from chaos.oracle import Call, calls_after, open_log
from chaos.stage import Stage
from chaos.witness import Witness

EVERY_S = 1.0
ASKED_FOR = "resend"
SENT = frozenset({"ACCEPTED", "DELIVERED", "AMBIGUOUS"})
NOT_SENT = frozenset({"SUPPRESSED", "FAILED"})
PENDING = frozenset({"PENDING", "CLAIMED", "CALLING"})
LOOK_S_MAX = 20.0
BLIND_S_MAX = 60.0
"""As long as a recovery may take; whoever has seen nothing for longer saw nothing, whatever the reason."""
_DOWN = (OSError, EOFError, TimeoutError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError)

_CONTACTS = "SELECT contact_id, state FROM contacts WHERE action = 'SEND'"
_AMBIGUOUS_ONCE = "SELECT DISTINCT contact_id FROM chaos.steps WHERE state = 'AMBIGUOUS'"
_VERSIONS = {
    "invoices": "SELECT creditor_id || '/' || invoice_id AS key, version FROM invoices",
    "classifier": "SELECT creditor_id || '/' || invoice_id AS key, version FROM invoices",
    "scheduler": "SELECT creditor_id || '/' || invoice_id AS key, version FROM invoice_files",
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken invariant; ``figure`` says under which figure it counts ('' : under none)."""

    rule: str
    detail: str
    figure: str = ""


@dataclass(slots=True)
class Guard:
    """Checks; every breach is kept once."""

    stage: Stage
    witness: Witness
    clock: Callable[[], float] = time.monotonic
    breaches: dict[tuple[str, str], Breach] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    ticks: int = 0
    rests: int = 0
    _accepted: Counter[str] = field(default_factory=Counter)
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    _log: sqlite3.Connection | None = None
    _unjudged: list[Call] = field(default_factory=list)
    _highest: dict[str, int] = field(default_factory=dict)
    _climbed: int = 0
    """So many calls have been followed up the ladder."""

    def note(self, rule: str, detail: str, *, figure: str = "") -> None:
        """Keep a breach."""
        self.breaches.setdefault((rule, detail), Breach(rule, detail, figure))

    def count(self, figure: str) -> int:
        """Count the breaches under a figure."""
        return sum(1 for breach in self.breaches.values() if breach.figure == figure)

    async def watch(self, stopping: asyncio.Event) -> None:
        """Check every second; a server that is down for a moment is asked again at the next."""
        seen_at = self.clock()
        while not stopping.is_set():
            if await self.look(self.tick):
                seen_at = self.clock()
            elif self.clock() - seen_at > BLIND_S_MAX:
                # A look that its own limit cut off reads like one at a server that is down: neither may last.
                self.note("the guard can see", f"nothing for more than {BLIND_S_MAX:g} s on end")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EVERY_S)

    async def look(self, check: Callable[[], Awaitable[None]]) -> bool:
        """Check now, and say whether anything was seen.

        A server that is being killed excuses a look that saw nothing, an error of the harness's own is a breach.
        """
        try:
            async with asyncio.timeout(LOOK_S_MAX):
                await check()
        except _DOWN:
            return False
        except Exception as error:  # noqa: BLE001 - a guard that is blind must not pass for one that saw nothing
            self.note("the guard can see", repr(error))
            return False
        return True

    async def tick(self) -> None:
        """Read the oracle's new calls; look for doubles, calls after payment, offsets that went back."""
        # Two at once would each take what they have judged off the same list.
        async with self._alone:
            await self._tick()

    async def _tick(self) -> None:
        new = self._new_calls()
        for call in new:
            self._accepted[call.action_key] += 1
            if self._accepted[call.action_key] > 1:
                self.note(
                    "one accepted call per action", f"{call.channel} {call.action_key}", figure="duplicates"
                )
            if not call.action_key:
                self.note("every call names its action", f"{call.channel} number {call.number}")
        self._unjudged += new
        await self._judge()
        for rewind in await self.witness.rewinds():
            self.note("an offset never goes back", str(rewind))
        self.ticks += 1

    async def _judge(self) -> None:
        """Hold the calls not judged yet against the commits; one that fails is asked again."""
        judged = list(self._unjudged)
        found = await self.witness.after_payment(judged)
        self._unjudged = self._unjudged[len(judged) :]
        for contact_id, invoice_id in found:
            self.note(
                "no call about what was settled before the claim",
                f"{contact_id} {invoice_id}",
                figure="after_payment",
            )

    def climb(self, commands: Mapping[str, Rung]) -> None:
        """Follow every invoice up its ladder, call by call as accepted; a copy that was asked for is no step."""
        for call in self.calls[self._climbed :]:
            if call.action_key not in commands:
                return
            self._climbed += 1
            if commands[call.action_key].step != ASKED_FOR:
                self._step(commands[call.action_key])

    def _step(self, rung: Rung) -> None:
        for key in rung.keys:
            before = self._highest.get(key, rung.rank)
            if rung.rank < before:
                self.note("no step below an earlier one", f"{rung.step} of {key}: {rung.rank} after {before}")
            self._highest[key] = max(rung.rank, before)

    async def at_rest(self, due: Mapping[str, Rung]) -> None:
        """Check, while nothing is under way, that due = sent + suppressed + failed + pending and that steps rise."""
        states = {row["contact_id"]: row["state"] for row in await self.witness.rows("notifier", _CONTACTS)}
        wanted = set(due)
        for contact_id in wanted - states.keys():
            self.note("every command is a contact", contact_id, figure="lost")
        for contact_id in states.keys() - wanted:
            self.note("no contact without a command", contact_id)
        self._conserved(states)
        self.climb(due)
        self.rests += 1

    def _conserved(self, states: dict[str, str]) -> None:
        for contact_id, state in states.items():
            if state not in SENT | NOT_SENT | PENDING:
                self.note("every contact has a known state", f"{contact_id} {state}")
            if state in {"ACCEPTED", "DELIVERED"} and not self._accepted[contact_id]:
                self.note("what counts as sent was accepted", f"{contact_id} {state}", figure="lost")
            if state == "SUPPRESSED" and self._accepted[contact_id]:
                self.note("what was suppressed was not sent", contact_id)

    async def at_end(self, log: Log, *, in_doubt: Iterable[str]) -> dict[str, int]:
        """Check what only the end can show; returns counts for the table."""
        await self.tick()
        await self.at_rest(log.commands)
        states = {row["contact_id"]: row["state"] for row in await self.witness.rows("notifier", _CONTACTS)}
        for contact_id, state in states.items():
            if state in PENDING:
                self.note("nothing is left behind", f"{contact_id} {state}", figure="lost")
        for key in log.disordered:
            self.note("order per key", key)
        await self._projections(log)
        once = {row["contact_id"] for row in await self.witness.rows("notifier", _AMBIGUOUS_ONCE)}
        unknown = once | set(in_doubt)
        unresolved = sum(1 for state in states.values() if state == "AMBIGUOUS")
        return {
            **{name.lower(): number for name, number in Counter(states.values()).items()},
            "due": len(log.commands),
            "unknown_resolved": len(unknown) - unresolved,
            "unknown_unresolved": unresolved,
            "unknown_accepted": sum(
                1
                for contact_id, state in states.items()
                if state == "AMBIGUOUS" and self._accepted[contact_id]
            ),
        }

    async def _projections(self, log: Log) -> None:
        """Every reader of a state has its last version, and the log's last version is the table's."""
        own = await self._versions("invoices")
        known = await self._versions("scheduler")
        for reader, versions in (("scheduler", known), ("classifier", await self._versions("classifier"))):
            for key, version in versions.items():
                if own.get(key) != version:
                    self.note("projections follow", f"{reader} has {key} at {version}, not {own.get(key)}")
        for key, version in own.items():
            if version and log.versions.get(key) != version:
                self.note(
                    "what is committed is published",
                    f"{key}: {version} in the table, {log.versions.get(key)} published",
                    figure="lost",
                )
            if version and key not in known:
                self.note("projections follow", f"scheduler lacks {key}", figure="lost")

    async def _versions(self, service: str) -> dict[str, int]:
        rows = await self.witness.rows(service, _VERSIONS[service])
        return {row["key"]: row["version"] for row in rows}

    def _new_calls(self) -> Sequence[Call]:
        if self._log is None:
            self._log = open_log(self.stage.oracle_log)
        new = calls_after(self._log, self.calls[-1].number if self.calls else 0)
        self.calls += new
        return new


def canaries(customers: Iterable[dict[str, Any]]) -> set[str]:
    """Return what must stand in no log: names, addresses, numbers of the ledger's people."""
    found: set[str] = set()
    for customer in customers:
        for contact in customer.get("contacts", ()):
            found |= {str(contact[name]) for name in ("email", "mobile", "phone") if contact.get(name)}
    return {text for text in found if len(text) > 5}


def leaks(text: str, wanted: set[str]) -> dict[str, int]:
    """Count how often a canary stands in a log, as it is or escaped as in JSON, by canary."""
    counts = {canary: max(text.count(canary), text.count(json.dumps(canary)[1:-1])) for canary in wanted}
    return {canary: times for canary, times in counts.items() if times}
