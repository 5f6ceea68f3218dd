"""The four services, running on real servers with data in them, fed with what nobody should send."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from chassis.kafka.registry import registry
from sandbox.replay.client import SandboxClient
from sandbox.stack.addresses import SERVICES
from tests.fuzz import mutations
from tests.fuzz.apis import Effort, fuzz_api
from tests.fuzz.broker import Origin, parked_by, put, settled
from tests.fuzz.doors import is_poison
from tests.fuzz.effort import MINUTES, SEED
from tests.fuzz.records import CREDITOR, TOPICS, Format, Mode, Wire, good, written
from tests.fuzz.seeded import Seeded, seeded_stack
from tests.support.replaying import instant

pytestmark = pytest.mark.timeout(int(300 + 150 * MINUTES))

GOOD, SPOILT, HOPELESS = 6, 3, 6
"""Records per topic and round: fewer than 100 dead letters per service, at which it would stop on purpose."""
ROUNDS = 1 + int(MINUTES / 3)
DEAD_LETTER_WINDOW_S = 61
# In less than half a minute an API may answer nothing at all, and then the run says nothing.
API_SECONDS = max(30, int(MINUTES * 60 * 0.8 / len(SERVICES))) if MINUTES else 0
API_EXAMPLES = 3


@pytest.fixture(scope="module")
async def seeded() -> AsyncIterator[Seeded]:
    async with seeded_stack() as seeded:
        yield seeded


@dataclass(frozen=True, slots=True)
class Sent:
    """One record of the stream, and what it is."""

    wire: Wire
    kind: str
    number: int


def stream(rng: Random, *, start: int) -> list[Sent]:
    """Return good, spoilt and hopeless records of every topic, in any order."""
    sent: list[Sent] = []
    for topic in TOPICS:
        is_clock = registry()[topic].is_clock
        kinds = ["good"] * (0 if is_clock else GOOD) + ["spoilt"] * (0 if is_clock else SPOILT)
        for number, kind in enumerate([*kinds, *["hopeless"] * HOPELESS], start):
            mode, fmt = rng.choice(get_args(Mode)), rng.choice(get_args(Format))
            body = good(topic, number)
            if kind == "spoilt":
                # Its own identity stays: what it does to a good record is another matter.
                body, fmt = mutations.of_body(body, rng), "json"
            wire = written(topic, body, mode=mode, fmt=fmt, event_id=f"{topic}-{number}")
            if kind == "hopeless":
                wire = mutations.hopeless(wire, rng)
            sent.append(Sent(wire, kind, number))
    rng.shuffle(sent)
    return sent


async def test_every_consumer_parks_the_bad_records_exactly_and_the_good_ones_take_effect(
    seeded: Seeded,
) -> None:
    stack = seeded.stack
    rng = Random(SEED)
    known: dict[Origin, Sent] = {}
    for turn in range(ROUNDS):
        if turn:
            await asyncio.sleep(DEAD_LETTER_WINDOW_S)
        sent = stream(rng, start=100 * turn)
        known |= dict(zip(await put(stack, [item.wire for item in sent]), sent, strict=True))
        await settled(stack)
    for service in SERVICES:
        mine = {at: item for at, item in known.items() if service in registry()[at[0]].consumers}
        bad = {at for at, item in mine.items() if is_poison(item.wire, service=service)}
        assert {at for at, item in mine.items() if item.kind == "hopeless"} <= bad
        letters = await parked_by(stack, service)
        parked = [letter.origin for letter in letters]
        assert len(set(parked)) == len(parked), f"{service} parked a record twice"
        assert all(letter.error and letter.value == mine[letter.origin].wire.value for letter in letters)
        # A rule may say no to what reads well (an invoice that changes its customer): never to a good record.
        by_rule = set(parked) - bad
        assert bad <= set(parked), f"{service} took in what nobody can read"
        assert {mine[at].kind for at in by_rule} <= {"spoilt"}, [x for x in letters if x.origin in by_rule]
    assert set(SERVICES) <= set(stack.running())
    await _assert_the_good_took_effect(seeded, numbers=range(GOOD))


async def _assert_the_good_took_effect(seeded: Seeded, *, numbers: range) -> None:
    stack = seeded.stack
    async with SandboxClient(stack.urls, token=stack.token(CREDITOR)) as client:
        for n in numbers:
            assert (await client.get("invoices", f"/v1/invoices/FI-{n}"))["customer_id"] == f"F-{n}"
            assert (await client.get("classifier", f"/v1/customers/F-{n}/tier"))["customer_id"] == f"F-{n}"
            assert (await client.get("scheduler", f"/v1/invoices/GI-{n}/plan"))["invoice_id"] == f"GI-{n}"
            contacts = await client.items("notifier", "/v1/contacts", params={"customer_id": f"F-{n}"})
            assert f"GC-{n}" in {contact["contact_id"] for contact in contacts}


@pytest.mark.parametrize("service", SERVICES)
async def test_an_api_answers_as_its_document_says_whatever_is_sent(
    seeded: Seeded, service: str, tmp_path: Path
) -> None:
    effort = Effort(examples=API_EXAMPLES, seed=SEED, seconds_max=API_SECONDS)
    report = await fuzz_api(
        seeded.stack.urls[service], token=seeded.token, known=seeded.known, effort=effort, home=tmp_path
    )
    assert report.is_clean, report.text
    assert report.operations >= 9, report.text
    assert report.cases >= 20 * report.operations, "a run that tries nothing finds nothing"


async def test_the_clock_still_moves_after_all_that(seeded: Seeded) -> None:
    stack = seeded.stack
    async with SandboxClient(stack.urls, token=seeded.token) as client:
        before = (await client.get("scheduler", "/v1/clock"))["now"]
        await client.advance(instant(before).replace(hour=22))
    assert set(SERVICES) <= set(stack.running())
