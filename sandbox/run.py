"""`make run`: a fresh stack of its own, a ledger replayed through it, the report, and nothing left behind."""

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sandbox.generator.book import generate
from sandbox.generator.stream import days_of_book
from sandbox.ledger.columns import read_mapping
from sandbox.ledger.events import days_of
from sandbox.ledger.facts import Creditor, DayFacts
from sandbox.ledger.model import LedgerError
from sandbox.ledger.read import read_ledger
from sandbox.ledger.report import spoken
from sandbox.replay.client import SandboxClient, SandboxError
from sandbox.replay.evidence import Evidence, gather
from sandbox.replay.judge import judge
from sandbox.replay.report import print_report
from sandbox.replay.stream import Progress as Played
from sandbox.replay.stream import Stage, evening, replay
from sandbox.replay.verdicts import Truth
from sandbox.stack.console import outlive_readers, run, say
from sandbox.stack.problem import StackProblem
from sandbox.stack.stack import Choice, Stack
from sandbox.stack.watch import while_it_stands

SAMPLE_SEED, SAMPLE_CUSTOMERS, SAMPLE_MONTHS = 0, 200, 12
AFTERMATH_DAYS = 50
"""Days replayed after the last fact of a ledger with unpaid invoices: the last step of a ladder is on day 45."""
PARTITIONS_MAX = 2
"""One process a service on two cores: more would only make every poll longer."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is replayed, and what the judge holds it against."""

    days: Sequence[DayFacts]
    truth: Truth
    until: date


def sample(console: Console) -> Script:
    """Return the repository's own sample ledger."""
    console.print(
        f"Sample ledger: {SAMPLE_CUSTOMERS} customers, {SAMPLE_MONTHS} months, seed {SAMPLE_SEED}.",
        highlight=False,
    )
    book = generate(SAMPLE_SEED, customers=SAMPLE_CUSTOMERS, months=SAMPLE_MONTHS)
    return Script(list(days_of_book(book)), Truth.of_book(book), book.last_on)


def from_file(console: Console, path: Path, *, mapping: str) -> Script:
    """Read anyone's ledger and say aloud how it was understood; raises LedgerError."""
    ledger = read_ledger(path, mapping=read_mapping(mapping))
    for sentence in spoken(ledger):
        console.print(f"  {sentence}", highlight=False, markup=False)
    days = list(days_of(ledger))
    if not days:
        raise LedgerError(f"{path}: no row could be used, so there is nothing to replay")
    aftermath = AFTERMATH_DAYS if ledger.counts.unpaid else 0
    return Script(days, Truth.of_ledger(ledger), days[-1].day + timedelta(days=aftermath))


async def play(console: Console, script: Script) -> int:
    """Start a stack, replay, report; 1 when a promise was broken."""
    creditor = Creditor()
    async with (
        Stack.fresh(Choice(partitions_max=PARTITIONS_MAX), say=say) as stack,
        SandboxClient(stack.urls, token=stack.token(creditor.creditor_id)) as client,
    ):
        evidence = await while_it_stands(stack, _replayed(console, stack, client, script))
    violations = judge(script.truth, evidence)
    print_report(console, script.truth, evidence, violations=violations)
    return 1 if violations else 0


async def _replayed(console: Console, stack: Stack, client: SandboxClient, script: Script) -> Evidence:
    """Replay and gather what can be seen of it; a service's refusal is a problem in its own words."""
    stage = Stage(stack.bootstrap, client)
    try:
        played = await _watched(console, stage, script)
        return await gather(client, script.truth.customers, now=evening(played.day, zone=stage.zone))
    except SandboxError as refusal:
        raise StackProblem(f"The replay ended early: {refusal}") from refusal


async def _watched(console: Console, stage: Stage, script: Script) -> Played:
    """Replay with a progress bar."""
    with _bar(console) as bar:
        task = bar.add_task("replaying", total=(script.until - script.days[0].day).days + 1, note="")

        async def show(played: Played) -> None:
            note = f"{played.day} · {played.events} events · {played.outcomes} outcomes"
            bar.update(task, completed=played.days, note=note)

        return await replay(stage, script.days, watcher=show, until=script.until)


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    return Progress(*columns, console=console)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and play; every problem is one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="sandbox.run", description=__doc__)
    parser.add_argument("--ledger", type=Path, help="a CSV ledger of your own; default: the built-in sample")
    parser.add_argument(
        "--mapping",
        default="",
        help="which column is what, e.g. customer=Klant,invoice=Fact.nr, or a YAML file",
    )
    chosen = parser.parse_args(arguments)
    # A broker that goes away is said in one sentence, not in the client's words every tenth of a second.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        script = (
            from_file(console, chosen.ledger, mapping=chosen.mapping) if chosen.ledger else sample(console)
        )
    except LedgerError as problem:
        print(problem, file=sys.stderr)
        return 2
    return run(play(console, script))


if __name__ == "__main__":
    outlive_readers()
    sys.exit(main())
