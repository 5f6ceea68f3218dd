"""P9: reminder commands through the notifier to a loopback mail server, against Tryton's dunning by e-mail."""

import asyncio
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg

from bench.asked import Asked, asked
from bench.figure import Figure, median
from bench.live import CREDITOR, Live, live
from bench.multiply import number_text
from bench.portfolio import fill, invoice_id
from bench.stream import Event, produce
from bench.tryton import tryton
from sandbox.stack.stack import Choice, Stack

MAILS = 3000
REPETITIONS = 3
WARM_UP_SHARE = 0.1
SERVICES = ("invoices", "notifier")
_DUE = "scheduler.reminder-due.v1"
_POLL_S = 0.02
_PATIENCE_S = 240


async def measure(wanted: frozenset[str]) -> list[Figure]:
    """Alternate the peer and ours; both send to the same kind of sink, ours with its gate before every batch."""
    del wanted  # there is one figure here
    ours = []
    choice = Choice(services=SERVICES, inbox=False)
    async with Stack.fresh(choice) as stack, asked("bench.smtp_sink") as sink, tryton(stack) as peer:
        smtp_url = f"smtp://127.0.0.1:{await sink.expect('port')}"
        async with live(stack, services=SERVICES, smtp_url=smtp_url) as services:
            await fill(services, customers=MAILS)
            for number in range(REPETITIONS):
                await peer.measure_mails()
                ours.append(await _mails_per_s(services, sink, repetition=number))
                print(f"P9: {ours[-1]:.0f} mails/s", file=sys.stderr)
        limit = peer.mails.value()
    what = "notifier: reminder command in Kafka → gate, words, SMTP to a loopback sink, outcome recorded; one notifier and one invoices process; mails/s over Tryton's account_dunning_email mails/s"
    return [Figure("P9", what, median(ours), "1/s", MAILS, limit=limit)]


async def _mails_per_s(services: Live, sink: Asked, *, repetition: int) -> float:
    """Publish a command per customer; returns mails per second from the first tenth to the last outcome on record."""
    before = await _mails(sink)
    await produce(services.stack.bootstrap, _DUE, commands(repetition))
    deadline = time.perf_counter() + _PATIENCE_S
    first: tuple[float, int] | None = None
    while True:
        done, now_s = await _mails(sink) - before, time.perf_counter()
        if first is None and done >= MAILS * WARM_UP_SHARE:
            first = (now_s, done)
        if first is not None and done >= MAILS and await _accepted(services, repetition) == MAILS:
            return (done - first[1]) / (time.perf_counter() - first[0])
        if now_s > deadline:
            raise TimeoutError(
                f"P9: after {_PATIENCE_S} s {done} of {MAILS} mails had come and"
                f" {await _accepted(services, repetition)} outcomes were on record"
            )
        await asyncio.sleep(_POLL_S)


async def _accepted(services: Live, repetition: int) -> int:
    """Count the mails of a repetition of which the notifier knows that the mail server took them."""
    connection = await asyncpg.connect(services.stack.postgres.url("notifier"))
    try:
        asked = "SELECT count(*) FROM contacts WHERE state = 'ACCEPTED' AND contact_id LIKE $1"
        return int(await connection.fetchval(asked, _command_id(repetition, "%")))
    finally:
        await connection.close()


async def _mails(sink: Asked) -> int:
    sink.say("")
    return int(await sink.expect("mails"))


def commands(repetition: int) -> Iterator[Event]:
    """Yield a friendly reminder by e-mail for one invoice of every customer, as the scheduler publishes it."""
    now = datetime.now(UTC)
    at, not_after = (moment.isoformat().replace("+00:00", "Z") for moment in (now, now + timedelta(days=2)))
    for number in range(MAILS):
        name = number_text(number)
        command_id = _command_id(repetition, number)
        value = (
            f'{{"creditor_id":"{CREDITOR}","customer_id":"C{name}","command_id":"{command_id}","action":"SEND","at":"{at}","not_after":"{not_after}",'
            f'"step":"reminder-{repetition}","tier":"SILVER","channel":"EMAIL","purpose":"REMINDER","tone":"WARM","language":"nl","template":"friendly-reminder",'
            f'"invoices":[{{"invoice_id":"{invoice_id(number, position=repetition)}","currency":"EUR","amount":"100.25","open":"100.25",'
            f'"issued_on":"{now.date()}","due_on":"{now.date() + timedelta(days=29)}","payment_reference":"RF{name}{repetition}","own_step":true}}],'
            f'"reason":"It is time.","reason_nl":"Het is tijd.","policy_name":"silver","policy_version":1}}'
        )
        yield Event(f"{CREDITOR}:C{name}", value, command_id, at)


def _command_id(repetition: int, number: int | str) -> str:
    return f"bench-{repetition}-{number}"
