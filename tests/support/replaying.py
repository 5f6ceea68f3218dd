"""Plays small synthetic ledgers through a whole stack and takes down all that can be seen from outside."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sandbox.generator.book import Book, generate
from sandbox.generator.stream import days_of_book
from sandbox.ledger.facts import Creditor, DayFacts
from sandbox.replay.client import SandboxClient
from sandbox.replay.evidence import Evidence, gather
from sandbox.replay.stream import Progress, Stage, evening, replay
from sandbox.replay.verdicts import Truth
from sandbox.stack.stack import Stack

JANSEN = {
    "name": "Bouwbedrijf Jansen",
    "kind": "BUSINESS",
    "country": "NL",
    "language": "nl",
    "contacts": [{"purpose": "REMINDER", "name": "Piet Jansen", "email": "piet@jansen.example"}],
}
"""A customer as an ERP describes it, who can be reached by e-mail."""

CUSTOMERS, MONTHS, SEED = 16, 6, 0


def small_book() -> Book:
    """A ledger that shows every tier and ladder and is replayed in seconds."""
    return generate(SEED, customers=CUSTOMERS, months=MONTHS)


@dataclass(frozen=True, slots=True)
class Cast:
    """One creditor's stream in a replay that several creditors share."""

    creditor: Creditor
    days: Sequence[DayFacts]


def cast(book: Book, *, creditor_id: str = "acme-nl") -> Cast:
    """Give a book to a creditor."""
    creditor = Creditor(creditor_id=creditor_id)
    return Cast(creditor, list(days_of_book(book, creditor=creditor)))


Interruption = Callable[[date], Awaitable[None]]


async def play(stack: Stack, part: Cast, *, truth: Truth, interrupt: Interruption | None = None) -> Evidence:
    """Replay one creditor's days on a stack with a fresh clock and gather the evidence."""
    async with SandboxClient(stack.urls, token=stack.token(part.creditor.creditor_id)) as client:
        stage = Stage(stack.bootstrap, client)

        async def watch(progress: Progress) -> None:
            if interrupt is not None:
                await interrupt(progress.day)

        played = await replay(stage, part.days, watcher=watch)
        return await gather(client, truth.customers, now=evening(played.day, zone=stage.zone))


def essence(evidence: Evidence) -> dict[str, Any]:
    """What must be the same in two runs: tiers, balances, contacts and texts, byte for byte, in a fixed order."""
    return {
        "contacts": sorted(evidence.contacts, key=lambda c: str(c["contact_id"])),
        "tiers": {
            customer: {k: tier[k] for k in ("tier", "unknown", "reason", "history")}
            for customer, tier in evidence.tiers.items()
        },
        "balances": {customer: position["balances"] for customer, position in evidence.positions.items()},
        "tasks": sorted(evidence.tasks, key=lambda t: str(t["task_id"])),
        "received": sorted((m["channel"], m["to"], m["subject"], m["text"]) for m in evidence.messages),
    }


def instant(text: str) -> datetime:
    """Read an RFC 3339 instant."""
    return datetime.fromisoformat(text)
