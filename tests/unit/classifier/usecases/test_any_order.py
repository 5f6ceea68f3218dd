"""Whatever the order, the batches and the duplicates: the same facts give the same state, bit for bit."""

from datetime import date, datetime
from itertools import dropwhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.domain.changes import Batch
from classifier.domain.customer import start_of
from classifier.domain.evidence import Dispute, InvoiceFacts, Outcome
from classifier.domain.tier import Tier
from classifier.usecases.take_in import take_in
from tests.unit.classifier.memory_ledger import MemoryLedger
from tests.unit.classifier.story import KEY, change, customer_change, facts, move_to, noon, paid, tell

FIRST = date(2025, 1, 1).toordinal()
TODAY = FIRST + 200
PERHAPS_DISPUTED = st.one_of(
    st.just(()),
    st.builds(lambda since: (Dispute("d", FIRST + since, 0),), st.integers(4, 30).map(lambda n: 5 * n)),
)


@st.composite
def invoices(draw: st.DrawFn, *, most: int = 14) -> list[InvoiceFacts]:
    rows = []
    for n in range(draw(st.integers(1, most))):
        # Few distinct days, so that episodes of several invoices and same-day overrides are common.
        due_on = FIRST + 10 + 5 * draw(st.integers(0, 28))
        outcome = draw(
            st.sampled_from(
                [*[Outcome.PAID] * 6, Outcome.OPEN, Outcome.WRITTEN_OFF, Outcome.EXCUSED, Outcome.DISPUTED]
            )
        )
        settled_on = 0 if outcome is Outcome.OPEN else min(due_on + 5 * draw(st.integers(-1, 14)), TODAY)
        rows.append(
            facts(
                f"I{n}",
                due_on=due_on,
                settled_on=settled_on,
                outcome=outcome,
                issued_on=FIRST + draw(st.integers(0, 9)),
                disputes=draw(PERHAPS_DISPUTED) if outcome in (Outcome.OPEN, Outcome.DISPUTED) else (),
                version=2,
            )
        )
    return rows


async def _all_at_once(rows: list[InvoiceFacts], broken: list[int]) -> MemoryLedger:
    ledger = MemoryLedger()
    await tell(
        ledger,
        customer_change(known_on=FIRST, broken_on=broken, version=2),
        *map(change, rows),
        now=noon(TODAY),
    )
    await move_to(ledger, noon(TODAY))
    return ledger


BROKEN = st.lists(st.integers(6, 40).map(lambda n: FIRST + 5 * n), max_size=3).map(sorted)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), rows=invoices(), broken=BROKEN)
async def test_any_order_any_batches_and_duplicates_give_the_same_state(
    data: st.DataObject, rows: list[InvoiceFacts], broken: list[int]
) -> None:
    expected = await _all_at_once(rows, broken)
    first_versions = [
        change(row._replace(version=1, outcome=Outcome.OPEN, settled_on=0, lateness=0)) for row in rows
    ]
    second_versions = [change(row) for row in rows]
    stream = data.draw(st.permutations([*first_versions, *second_versions, *second_versions[:3]]))
    size = data.draw(st.integers(1, 9))
    ledger = MemoryLedger()
    await tell(ledger, customer_change(known_on=FIRST, broken_on=broken[:1]), now=noon(TODAY))
    for start in range(0, len(stream), size):
        await take_in(ledger, Batch(invoices=list(stream[start : start + size])), now=noon(TODAY))
    await tell(ledger, customer_change(known_on=FIRST, broken_on=broken, version=2), now=noon(TODAY))
    await move_to(ledger, noon(TODAY))
    assert ledger.facts(KEY) == expected.facts(KEY)
    assert _heard(ledger) == _heard(expected) == _known(ledger)


def _heard(ledger: MemoryLedger) -> list[tuple[Tier, datetime]]:
    """What a listener knows of all tiers from the messages alone, the newcomer's bronze left out."""
    spans: list[tuple[Tier, datetime]] = []
    for event in ledger.tiers():
        told = event.history or ((event.now.tier, event.now.at),)
        spans = [span for span in spans if span[1] < told[0][1]] + list(told)
    return list(dropwhile(lambda span: span[0] is Tier.BRONZE, spans))


def _known(ledger: MemoryLedger) -> list[tuple[Tier, datetime]]:
    changes = sorted(ledger.history_rows.get(KEY, {}).items())
    return [(made.new, start_of(on, zone=ZoneInfo("Europe/Amsterdam"))) for on, made in changes]


@pytest.mark.parametrize("step", [1, -1, 5])
@pytest.mark.parametrize("size", [1, 4, 20])
async def test_a_listener_hears_of_every_tier_there_was_whatever_the_order_and_the_batches(
    step: int, size: int
) -> None:
    rows = [paid(f"I{n:02d}", late=12 if n in {9, 10, 11} else 0, nth=n) for n in range(16)]
    # 5 and 16 have no common divisor: every row once, far from its order.
    mixed = [change(rows[(n * step) % 16]) for n in range(16)]
    ledger = MemoryLedger()
    for start in range(0, 16, size):
        await take_in(ledger, Batch(invoices=mixed[start : start + size]), now=None)
    assert [tier for tier, _ in _known(ledger)][:3] == [Tier.SILVER, Tier.GOLD, Tier.SILVER]
    assert _heard(ledger) == _known(ledger)


def _as_known(row: InvoiceFacts, *, on: int) -> InvoiceFacts:
    """What the invoices service says of an invoice on a day."""
    if row.settled_on and row.settled_on <= on:
        return row._replace(version=on)
    seen = tuple(dispute for dispute in row.disputes if dispute.since <= on)
    return row._replace(version=on, outcome=Outcome.OPEN, settled_on=0, lateness=0, disputes=seen)


@settings(max_examples=40, deadline=None)
@given(rows=invoices(), broken=BROKEN, jump=st.integers(1, 90))
async def test_day_by_day_gives_what_one_jump_gives(
    rows: list[InvoiceFacts], broken: list[int], jump: int
) -> None:
    expected = await _all_at_once(rows, broken)
    ledger = MemoryLedger()
    on = FIRST
    while on < TODAY:
        now = noon(on)
        known = [change(_as_known(row, on=on), seen_on=on) for row in rows if row.issued_on <= on]
        so_far = [day for day in broken if day <= on]
        await move_to(ledger, now)
        await tell(ledger, customer_change(known_on=FIRST, broken_on=so_far, version=on), *known, now=now)
        on += jump
    now = noon(TODAY)
    await move_to(ledger, now)
    last = [change(row._replace(version=TODAY), seen_on=TODAY) for row in rows]
    await tell(ledger, customer_change(known_on=FIRST, broken_on=broken, version=TODAY), *last, now=now)
    await move_to(ledger, now)
    got, wanted = ledger.customer_rows[KEY], expected.customer_rows[KEY]
    assert got.behaviour == wanted.behaviour
    assert ledger.history_rows.get(KEY, {}) == expected.history_rows.get(KEY, {})
    assert (got.told, got.next_fact_on) == (wanted.told, wanted.next_fact_on)
    assert _heard(ledger) == _known(ledger)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), rows=invoices())
async def test_a_fact_taken_back_was_never_there(data: st.DataObject, rows: list[InvoiceFacts]) -> None:
    kept = data.draw(st.sets(st.sampled_from(range(len(rows)))))
    expected = await _all_at_once([row for n, row in enumerate(rows) if n in kept], [])
    ledger = await _all_at_once(rows, [])
    withdrawn = [
        change(row._replace(version=9, outcome=Outcome.ABSENT)) for n, row in enumerate(rows) if n not in kept
    ]
    for each in data.draw(st.permutations(withdrawn)):
        await tell(ledger, each, now=noon(TODAY))
    got, wanted = ledger.customer_rows[KEY], expected.customer_rows[KEY]
    assert got.behaviour == wanted.behaviour
    assert (got.first_on, got.next_fact_on, got.told) == (wanted.first_on, wanted.next_fact_on, wanted.told)
    assert ledger.history_rows.get(KEY, {}) == expected.history_rows.get(KEY, {})
