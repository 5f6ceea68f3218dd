"""Facts in, decisions out, on the real database."""

from datetime import UTC, date, datetime

from sqlalchemy import text

from contracts.erp.v1 import Window
from scheduler.adapters.repositories_customers import PostgresCustomers
from scheduler.domain.words import Outreach, Verdict
from scheduler.usecases.change_policy import change_policy, get_policy
from scheduler.usecases.explain_invoice import explain_invoice
from scheduler.usecases.list_upcoming import list_upcoming
from scheduler.usecases.plan_invoice import plan_invoice
from scheduler.usecases.ports import PolicyRecord
from scheduler.usecases.set_outreach import set_outreach
from tests.integration.scheduler.desk import (
    SchedulerOnPostgres,
    customer_changed,
    invoice_changed,
    outcome,
    tier_changed,
)


def at(day: str, hour: int = 7) -> datetime:
    """07:00 UTC is 09:00 in Amsterdam in summer."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=UTC).replace(hour=hour)


async def test_an_invoice_event_in_leads_to_one_reminder_out(scheduler: SchedulerOnPostgres) -> None:
    await scheduler.told(customer_changed(), tier_changed("SILVER"), invoice_changed())
    await scheduler.decide(at("2026-03-29"))
    assert scheduler.commands == []
    count = await scheduler.decide(at("2026-03-30"))
    (command,) = scheduler.commands
    assert (count.customers, count.commands) == (1, 1)
    assert (command.step, command.channel, command.tier) == ("upcoming-reminder", "EMAIL", "SILVER")
    assert [(i.invoice_id, i.open, i.own_step) for i in command.invoices] == [("I-1", "100.00", True)]
    assert (await scheduler.decide(at("2026-03-30"))).customers == 0


async def test_the_same_facts_twice_change_nothing(scheduler: SchedulerOnPostgres) -> None:
    await scheduler.told(customer_changed(), invoice_changed())
    await scheduler.decide(at("2026-03-05", 8))
    await scheduler.told(outcome(scheduler.commands[0]))
    await scheduler.decide(at("2026-03-05", 8))
    await scheduler.told(customer_changed(), invoice_changed(), outcome(scheduler.commands[0]))
    assert (await scheduler.decide(at("2026-03-05", 8))).customers == 0
    assert len(scheduler.commands) == 1


async def test_a_paid_invoice_leaves_the_state_and_comes_back_with_its_history(
    scheduler: SchedulerOnPostgres,
) -> None:
    await scheduler.told(customer_changed(), invoice_changed())
    await scheduler.decide(at("2026-03-05", 8))
    await scheduler.told(
        outcome(scheduler.commands[0]),
        invoice_changed(version=2, status="PAID", open="0.00", settled_on="2026-03-06"),
    )
    await scheduler.decide(at("2026-03-06", 8))
    await scheduler.decide(at("2026-05-06"))
    await scheduler.told(invoice_changed(version=3, reversed_on="2026-05-07"))
    await scheduler.told(invoice_changed(version=2, status="PAID", open="0.00"))
    await scheduler.decide(at("2026-05-07"))
    # The arrival check of March counts: it is the friendly contact that the final notice needs.
    assert [command.step for command in scheduler.commands] == ["arrival-check", "final-notice"]


async def test_before_there_is_time_nothing_is_decided_and_answers_are_for_the_latest_date_among_the_facts(
    scheduler: SchedulerOnPostgres,
) -> None:
    await scheduler.told(customer_changed(), invoice_changed())
    async with scheduler.database.unit() as unit:
        row = (
            await unit.connection.execute(text("SELECT isfinite(next_wakeup_at) FROM customers"))
        ).scalar_one()
        desk = scheduler.desk(unit, None)
        found = await explain_invoice("acme-nl", "I-1", on=None, desk=desk)
        items = await plan_invoice("acme-nl", "I-1", desk=desk)
        (next_up,) = await list_upcoming("acme-nl", after=None, limit=10, desk=desk)
    assert row is False
    assert scheduler.commands == []
    assert (found.on, found.said.verdict) == (date(2026, 3, 2), Verdict.WAIT)
    assert items[0].at == next_up.at == at("2026-03-05", 8)


async def test_the_list_of_what_comes_next_leaves_nobody_out_between_two_pages(
    scheduler: SchedulerOnPostgres,
) -> None:
    names = [f"C-{n}" for n in range(5)]
    for name in names:
        await scheduler.told(
            customer_changed(customer_id=name), invoice_changed(f"I-{name}", customer_id=name)
        )
        if name < "C-3":
            # The others are looked at with the next move of the clock: at once.
            await scheduler.decide(at("2026-03-04"))
    listed: list[str] = []
    async with scheduler.database.unit() as unit:
        desk = scheduler.desk(unit, at("2026-03-04"))
        after = None
        while page := await list_upcoming("acme-nl", after=after, limit=1, desk=desk):
            listed.append(page[0].customer_id)
            after = (page[0].wake_at, page[0].customer_id)
    assert sorted(listed) == names


async def test_the_explanation_of_today_and_of_a_day_to_come_finds_what_is_still_done_on_it(
    scheduler: SchedulerOnPostgres,
) -> None:
    # The call about I-2 is at 09:00, the message about I-1 at 18:00 of the same day.
    evening = Window(from_="18:00", to="20:00")
    await scheduler.told(
        customer_changed(preferred_window=evening),
        invoice_changed(),
        invoice_changed(
            "I-2", issued_on="2026-01-20", due_on="2026-02-19", known_from="2026-03-04T20:00:00Z"
        ),
    )
    async with scheduler.database.unit() as unit:
        for now in (at("2026-03-03"), at("2026-03-05")):
            desk = scheduler.desk(unit, now)
            for invoice_id in ("I-1", "I-2"):
                found = await explain_invoice("acme-nl", invoice_id, on=date(2026, 3, 5), desk=desk)
                assert found.said.verdict is Verdict.ACT


async def test_explanation_speaks_of_the_past_the_present_and_the_future(
    scheduler: SchedulerOnPostgres,
) -> None:
    await scheduler.told(customer_changed(), invoice_changed())
    await scheduler.decide(at("2026-03-03", 8))
    await scheduler.decide(at("2026-03-05", 8))
    await scheduler.told(outcome(scheduler.commands[0]))
    await scheduler.decide(at("2026-03-05", 8))
    async with scheduler.database.unit() as unit:
        desk = scheduler.desk(unit, at("2026-03-10", 8))
        said = {
            day: (await explain_invoice("acme-nl", "I-1", on=date.fromisoformat(day), desk=desk)).said
            for day in ("2026-03-01", "2026-03-04", "2026-03-05", "2026-03-07", "2026-03-10", "2026-03-30")
        }
        items = await plan_invoice("acme-nl", "I-1", desk=desk)
        (next_up,) = await list_upcoming("acme-nl", after=None, limit=10, desk=desk)
    assert [verdict.verdict for verdict in said.values()] == [
        Verdict.WAIT,
        Verdict.WAIT,
        Verdict.ACT,
        Verdict.WAIT,
        Verdict.WAIT,
        Verdict.ACT,
    ]
    assert said["2026-03-01"].reasons[0].code == "not-known-then"
    assert "done" in [reason.code for reason in said["2026-03-07"].reasons]
    assert [item.action.step.name for item in items if item.action.step] == [
        "upcoming-reminder",
        "due-today",
        "first-reminder",
        "reminder",
        "overdue-call",
        "final-notice",
        "hand-over",
    ]
    assert next_up.at == at("2026-03-30")


async def test_a_new_policy_version_takes_effect_at_once_and_the_old_one_stays(
    scheduler: SchedulerOnPostgres,
) -> None:
    await scheduler.told(customer_changed(), invoice_changed())
    await scheduler.decide(at("2026-03-03", 8))
    async with scheduler.database.unit() as unit:
        rules = scheduler.rules(unit)
        shipped = await get_policy("acme-nl", "bronze", rules=rules)
        data = {**shipped.data, "steps": [s for s in shipped.data["steps"] if s["name"] != "arrival-check"]}
        record = PolicyRecord("bronze", 2, data, "anna", None)
        await change_policy("acme-nl", record, rules=rules, customers=PostgresCustomers(unit.connection))
    await scheduler.decide(at("2026-03-05", 8))
    assert scheduler.commands == []
    async with scheduler.database.unit() as unit:
        rules = scheduler.rules(unit)
        assert (await get_policy("acme-nl", "bronze", rules=rules)).version == 2
        assert len((await get_policy("acme-nl", "bronze", rules=rules, version=1)).data["steps"]) == 8
        assert (await get_policy("other", "bronze", rules=rules)).version == 1


async def test_shadow_reports_once_and_sends_nothing_and_on_takes_up_the_one_right_step(
    scheduler: SchedulerOnPostgres,
) -> None:
    scheduler.outreach = Outreach.SHADOW
    await scheduler.told(customer_changed(), invoice_changed())
    for day in ("2026-03-05", "2026-03-06", "2026-03-30"):
        await scheduler.decide(at(day, 7 if day > "2026-03-29" else 8))
    async with scheduler.database.unit() as unit:
        kept = await scheduler.desk(unit, None).readings.shadow_commands("acme-nl", after=None, limit=10)  # type: ignore[attr-defined]
        assert [command["step"] for command in kept] == ["arrival-check", "upcoming-reminder"]
        await set_outreach(
            "acme-nl",
            Outreach.ON,
            rules=scheduler.rules(unit),
            customers=PostgresCustomers(unit.connection),
        )
    assert scheduler.commands == []
    await scheduler.decide(at("2026-04-07"))
    assert [command.step for command in scheduler.commands] == ["reminder"]


async def test_two_deciders_at_once_never_take_the_same_customer(scheduler: SchedulerOnPostgres) -> None:
    await scheduler.told(customer_changed(), invoice_changed())
    async with scheduler.database.unit() as first, scheduler.database.unit() as second:
        mine = await PostgresCustomers(first.connection).claim_due(at("2026-03-05"), limit=10)
        theirs = await PostgresCustomers(second.connection).claim_due(at("2026-03-05"), limit=10)
    assert (len(mine), theirs) == (1, [])
