"""What is learned across customers is frozen at the beginning of a day, in any order of arrival."""

from datetime import UTC, datetime

from classifier.domain.changes import Batch
from classifier.domain.lateness import BUILT_IN_PRIOR, bin_of
from classifier.usecases.take_in import take_in
from tests.unit.classifier.memory_ledger import MemoryLedger
from tests.unit.classifier.story import ACME, change, facts, move_to, noon, tell

DAY = 739_257


def paid(name: str, *, on: int, late: int) -> Batch:
    row = facts(name, due_on=on - late, settled_on=on)
    return Batch(invoices=[change(row, customer=f"C-{name}")])


async def test_the_first_day_has_the_built_in_prior_and_the_next_the_portfolios() -> None:
    ledger = MemoryLedger()
    for n in range(40):
        await take_in(ledger, paid(f"I{n}", on=DAY + n % 5, late=21), now=None)
    await move_to(ledger, noon(DAY + 10))
    assert ledger.creditor_rows[ACME].prior == BUILT_IN_PRIOR
    await move_to(ledger, noon(DAY + 11))
    frozen = ledger.creditor_rows[ACME].prior
    assert frozen[bin_of(21)] > 0.7 > BUILT_IN_PRIOR[bin_of(21)]


async def test_payments_of_the_day_itself_do_not_move_its_prior() -> None:
    ledgers = [MemoryLedger(), MemoryLedger()]
    batches = [paid(f"I{n}", on=DAY + 11, late=3 * n) for n in range(6)]
    for ledger, todays in zip(ledgers, (batches, batches[::-1]), strict=True):
        for n in range(8):
            await take_in(ledger, paid(f"B{n}", on=DAY + 2, late=n), now=noon(DAY + 3))
        # The first of today's facts may come before the clock's message has.
        await take_in(ledger, todays[0], now=noon(DAY + 10))
        await move_to(ledger, noon(DAY + 11))
        for batch in todays[1:]:
            await take_in(ledger, batch, now=noon(DAY + 11))
    first, second = ledgers
    assert first.creditor_rows == second.creditor_rows
    assert first.creditor_rows[ACME].prior != BUILT_IN_PRIOR
    last = [{e.customer_id: e.profile for e in ledger.profiles()} for ledger in ledgers]
    assert {k: v for k, v in last[0].items() if k not in ("C-I0", "C-I5")} == {
        k: v for k, v in last[1].items() if k not in ("C-I0", "C-I5")
    }


async def test_a_prior_never_touches_a_tier() -> None:
    rows = [facts(f"I{n}", due_on=DAY + 28 * n, settled_on=DAY + 28 * n + n % 9) for n in range(20)]
    alone, among = MemoryLedger(), MemoryLedger()
    for n in range(30):
        await take_in(among, paid(f"X{n}", on=DAY + n, late=60), now=noon(DAY + 700))
    await move_to(among, noon(DAY + 701))
    for ledger in (alone, among):
        await tell(ledger, *map(change, rows), now=noon(DAY + 702))
    key = (ACME, "C-1001")
    assert alone.customer_rows[key].behaviour == among.customer_rows[key].behaviour
    assert alone.history_rows[key] == among.history_rows[key]
    assert alone.profiles()[-1].profile != among.profiles()[-1].profile


async def test_the_day_of_a_creditor_begins_in_its_own_time_zone() -> None:
    ledger = MemoryLedger()
    await take_in(ledger, paid("I1", on=DAY, late=0), now=datetime(2025, 6, 1, 21, 59, tzinfo=UTC))
    first = ledger.creditor_rows[ACME].prior_on
    await move_to(ledger, datetime(2025, 6, 1, 21, 59, 59, tzinfo=UTC))
    assert ledger.creditor_rows[ACME].prior_on == first
    await move_to(ledger, datetime(2025, 6, 1, 22, 0, tzinfo=UTC))
    assert ledger.creditor_rows[ACME].prior_on == first + 1
