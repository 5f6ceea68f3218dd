"""P3: invoice changes through the classifier: fold, tier, profile and outbox, durable, one process on one core."""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg

from bench.figure import Figure, median
from bench.processes import cpu_s, hold_to_one_core, live_environment, running
from bench.stream import Event, Intake, produce, rate
from sandbox.stack.stack import Choice, Stack

CUSTOMERS = 2_500
ROUNDS = 12
"""Invoices of each customer: as many as the classifier looks back on."""
EVENTS = CUSTOMERS * ROUNDS * 2
REPETITIONS = 3
WARM_UP_SHARE = 0.1
TOPIC = "invoices.invoice-changed.v1"
_LATENESS_DAYS = ((0, 0, 0, 0, -2), (0, 0, 1, 4, 0), (3, 5, 8, 7, 6))
"""Three kinds of payers: on time, now and then late, always late."""


async def measure(wanted: frozenset[str]) -> list[Figure]:
    """Three times: customers never seen before pay a dozen invoices each, half of the events issue, half pay."""
    del wanted  # there is one figure here
    found, cpu_us = [], []
    async with Stack.fresh(Choice(services=("classifier",), inbox=False)) as stack:
        await stack.stop_one("classifier")
        for number in range(REPETITIONS):
            await produce(stack.bootstrap, TOPIC, events(f"bench-{number}"))
            per_s, us = await _taken_in(stack, before=number * EVENTS)
            print(f"P3: {per_s:.0f} events/s, {us:.0f} µs of CPU an event", file=sys.stderr)
            found.append(per_s)
            cpu_us.append(us)
    what = (
        f"classifier: fold + tier + forecast + outbox, one durable transaction per batch, messages acknowledged by Kafka; one process"
        f" on one core, {median(cpu_us):.0f} µs of its CPU an event; events/s"
    )
    return [Figure("P3", what, median(found), "1/s", EVENTS)]


async def _taken_in(stack: Stack, *, before: int) -> tuple[float, float]:
    """Return events per second and the process' CPU microseconds per event, start-up not counted."""
    connection = await asyncpg.connect(stack.postgres.url("classifier"))
    try:
        async with running([(["classifier", "consume"], live_environment(stack, "classifier"))]) as (pid,):
            hold_to_one_core(pid)
            begun: list[float] = []
            intake = Intake(connection, topics=[TOPIC])
            per_s = await rate(
                intake,
                before=before,
                events=EVENTS,
                warm_up_share=WARM_UP_SHARE,
                on_begin=lambda: begun.append(cpu_s(pid)),
            )
            used_s = cpu_s(pid) - begun[0]
            await _insist_on_all(connection, customers=CUSTOMERS * (before // EVENTS + 1))
            return per_s, 1e6 * used_s / (EVENTS * (1 - WARM_UP_SHARE))
    finally:
        await connection.close()


async def _insist_on_all(connection: "asyncpg.Connection", *, customers: int) -> None:
    """Raise when an invoice is not paid or a customer not judged: a rate of events that were parked is none."""
    paid = await connection.fetchval("SELECT count(*) FROM invoices WHERE outcome = 2")
    known = await connection.fetchval("SELECT count(*) FROM customers WHERE NOT unknown")
    if (paid, known) != (customers * ROUNDS, customers):
        raise RuntimeError(f"P3: {paid} invoices are paid and {known} customers known, of {customers}")


def events(creditor_id: str, *, customers: int = CUSTOMERS, rounds: int = ROUNDS) -> Iterator[Event]:
    """Yield the changes round by round: every customer gets an invoice, then every customer pays it.

    The days lie just before today, as they do in service: each payment is a day of its own, none of them
    lies before what is known of its customer, and no invoice is open too long.
    """
    lateness = random.Random(11)  # noqa: S311 - the same stream every time is wanted
    today = datetime.now(UTC).date()
    for number in range(rounds):
        paid_on = today - timedelta(days=2 * (rounds - number))
        late_days = [lateness.choice(_LATENESS_DAYS[customer % 3]) for customer in range(customers)]
        for status in ("OPEN", "PAID"):
            for customer, days in enumerate(late_days):
                due_on = paid_on - timedelta(days=days)
                body = (
                    f'{{"creditor_id":"{creditor_id}","invoice_id":"INV-{customer:07d}-{number:02d}","customer_id":"C-{customer:07d}",'
                    f'"version":{1 + (status == "PAID")},"issued_on":"{due_on - timedelta(days=30)}","due_on":"{due_on}",'
                    f'"amount":{{"currency":"EUR","amount":"100.25"}},"open":"{"100.25" if status == "OPEN" else "0.00"}",'
                    f'"status":"{status}","in_effect":true,"settled_on":"{paid_on if status == "PAID" else ""}",'
                    f'"known_from":"{due_on - timedelta(days=30)}T08:00:00Z","payment_reference":"RF{customer:07d}{number:02d}"}}'
                )
                yield Event(
                    key=f"{creditor_id}:C-{customer:07d}",
                    value=body,
                    id=f"{creditor_id}-{number}-{customer}-{status}",
                    time=f"{paid_on}T08:00:00Z",
                )
