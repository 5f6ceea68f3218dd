"""Batches of due customers; shadow and off; what is logged."""

import pytest

from scheduler.domain.words import Outreach
from scheduler.usecases.decide_due import Count, Wave, decide_due
from tests.unit.scheduler.builders import CALENDARS, customer, invoice, local
from tests.unit.scheduler.memory_book import MemoryCommands, MemoryCustomers, MemoryRules

NOW = local("2026-04-01")


async def book_with(*names: str) -> MemoryCustomers:
    book = MemoryCustomers()
    await book.save_taken_in([customer(invoice())._replace(customer_id=name) for name in names], filed=())
    return book


async def test_due_customers_are_decided_and_sleep_until_their_next_moment() -> None:
    book, commands = await book_with("C-1", "C-2"), MemoryCommands()
    count = await decide_due(NOW, customers=book, rules=MemoryRules(), commands=commands, calendars=CALENDARS)
    assert (count.customers, count.commands) == (2, 2)
    assert set(book.wakeups.values()) == {local("2026-04-02")}
    again = await decide_due(NOW, customers=book, rules=MemoryRules(), commands=commands, calendars=CALENDARS)
    assert (again.customers, again.commands) == (0, 0)


async def test_shadow_reports_and_leaves_the_ladder_where_it_is() -> None:
    book, commands = await book_with("C-1"), MemoryCommands()
    rules = MemoryRules(outreach=Outreach.SHADOW)
    await decide_due(NOW, customers=book, rules=rules, commands=commands, calendars=CALENDARS)
    assert (len(commands.shadowed), commands.sent) == (1, [])
    assert book.states["acme-nl", "C-1"].contacts == ()


async def test_off_decides_nothing_and_sleeps() -> None:
    book, commands = await book_with("C-1"), MemoryCommands()
    rules = MemoryRules(outreach=Outreach.OFF)
    count = await decide_due(NOW, customers=book, rules=rules, commands=commands, calendars=CALENDARS)
    assert (count.customers, count.commands, commands.shadowed, book.log) == (1, 0, [], [])
    assert book.wakeups["acme-nl", "C-1"] is None


async def test_the_log_holds_changes_of_what_is_said_only() -> None:
    book, rules, commands = await book_with("C-1"), MemoryRules(), MemoryCommands()
    for day in ("2026-03-12", "2026-03-13", "2026-03-14"):
        await book.wake_all("acme-nl")
        await decide_due(
            local(day, "12:00"), customers=book, rules=rules, commands=commands, calendars=CALENDARS
        )
    assert len(book.log) == 1  # on all three days it waits for the next moment
    await decide_due(local("2026-03-16"), customers=book, rules=rules, commands=commands, calendars=CALENDARS)
    assert len(book.log) == 2


async def test_in_a_wave_each_customer_decides_at_its_own_instant_and_waits_for_what_comes_of_it() -> None:
    book, commands = await book_with("C-1", "C-2"), MemoryCommands()
    book.wakeups["acme-nl", "C-2"] = local("2026-04-02")
    wave = Wave(begun=NOW, until=local("2026-04-20"))
    first = await decide_due(
        wave, customers=book, rules=MemoryRules(), commands=commands, calendars=CALENDARS
    )
    assert (first.customers, first.commands) == (2, 2)
    assert [book.decided["acme-nl", name] for name in ("C-1", "C-2")] == [NOW, local("2026-04-02")]
    again = await decide_due(
        wave, customers=book, rules=MemoryRules(), commands=commands, calendars=CALENDARS
    )
    assert again.customers == 0, "both have steps due before the end of the wave, and contacts under way"


async def test_a_customer_never_decides_before_its_own_last_decision() -> None:
    book, rules = await book_with("C-1"), MemoryRules()
    commands = MemoryCommands()
    book.wakeups["acme-nl", "C-1"] = local("2026-04-02")
    wave = Wave(begun=NOW, until=local("2026-04-20"))
    await decide_due(wave, customers=book, rules=rules, commands=commands, calendars=CALENDARS)
    await book.wake_all("acme-nl")
    await decide_due(
        Wave(begun=NOW, until=local("2026-04-20")),
        customers=book,
        rules=rules,
        commands=commands,
        calendars=CALENDARS,
    )
    assert book.decided["acme-nl", "C-1"] >= local("2026-04-02")


@pytest.mark.parametrize("outreach", [Outreach.ON, Outreach.SHADOW, Outreach.OFF])
@pytest.mark.parametrize("begins", ["2026-03-03", "2026-03-14", "2026-04-01"])
async def test_a_wave_says_which_batch_is_its_last_so_that_nobody_looks_for_another(
    outreach: Outreach, begins: str
) -> None:
    """In shadow the same customer decides again on the next day; who only waits, at the next moment."""
    book, commands = await book_with("C-1", "C-2"), MemoryCommands()
    rules, wave = MemoryRules(outreach=outreach), Wave(begun=local(begins), until=local("2026-04-20"))
    counts: list[Count] = []
    while not counts or counts[-1].customers:
        counts.append(
            await decide_due(wave, customers=book, rules=rules, commands=commands, calendars=CALENDARS)
        )
    *before, last, after = counts
    assert (after.customers, last.is_last) == (0, True)
    assert not any(count.is_last for count in before)
