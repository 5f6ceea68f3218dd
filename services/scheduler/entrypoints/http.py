"""The scheduler's API: policies, plans, explanations, what comes next, outreach, and the sandbox's clock."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response, Security

from chassis.http import etag
from chassis.http.auth import Principal, authenticated
from chassis.http.document import problems
from chassis.http.paging import Page, Paging
from chassis.http.shapes import Day, PathId
from chassis.kafka.codec import read_instant
from chassis.kernel.errors import NotFound, Rejected
from scheduler.domain.policy_reading import read_policy
from scheduler.domain.words import Outreach
from scheduler.entrypoints.http_shapes import (
    AdvancedAnswer,
    ClockAnswer,
    ClockSetting,
    ExplanationAnswer,
    OutreachSetting,
    Plan,
    PolicyAnswer,
    SimulatedStep,
    SimulationAnswer,
    SimulationRequest,
    UpcomingEntry,
    explanation_answer,
    plan_answer,
    policy_answer,
    upcoming_entry,
)
from scheduler.usecases.advance_clock import Advanced
from scheduler.usecases.change_policy import change_policy, get_policy
from scheduler.usecases.explain_invoice import explain_invoice
from scheduler.usecases.list_upcoming import list_upcoming
from scheduler.usecases.plan_invoice import plan_invoice
from scheduler.usecases.ports import Customers, Desk, PolicyRecord
from scheduler.usecases.set_outreach import get_outreach, set_outreach
from scheduler.usecases.simulate_policy import simulate_policy

YEARS = range(1990, 2100)
"""The years for which the calendars are known."""

_EDITABLE = ("timing", "contact", "steps")

PolicyId = Annotated[str, Path(max_length=20, pattern="^[a-z]+$")]
Version = Annotated[int | None, Query(ge=0, le=1_000_000_000)]
Reader = Annotated[Principal, Security(authenticated, scopes=["scheduler:read"])]
Writer = Annotated[Principal, Security(authenticated, scopes=["scheduler:write"])]


@dataclass(frozen=True, slots=True)
class Counter:
    """What one request works with, in its own transaction."""

    desk: Desk
    customers: Customers
    shadow: Callable[..., Awaitable[list[dict[str, object]]]]


OpenCounter = Callable[[str], AbstractAsyncContextManager[Counter]]


def policy_routes(open_counter: OpenCounter) -> APIRouter:
    """Return the routes about policies and outreach."""
    router = APIRouter(tags=["policies"])

    @router.get("/v1/policies/{name}", responses=etag.SHOWN)
    async def read(
        name: PolicyId, caller: Reader, response: Response, version: Version = None
    ) -> PolicyAnswer:
        """Return the version in force, or the one asked for."""
        async with open_counter(caller.creditor_id) as counter:
            record = await get_policy(caller.creditor_id, name, rules=counter.desk.rules, version=version)
        etag.show(response, version=record.version)
        return policy_answer(record)

    @router.put("/v1/policies/{name}", **etag.edits(needs_match=True))
    async def change(
        name: PolicyId, body: dict[str, Any], caller: Writer, request: Request, response: Response
    ) -> PolicyAnswer:
        """Make the next version; it takes effect at once. Send If-Match with the ETag that you have read."""
        async with open_counter(caller.creditor_id) as counter:
            rules = counter.desk.rules
            current = await get_policy(caller.creditor_id, name, rules=rules)
            etag.require_match(request, version=current.version)
            data: dict[str, Any] = {key: body[key] for key in _EDITABLE if key in body}
            record = PolicyRecord(name, current.version + 1, data, caller.subject, counter.desk.now)
            await change_policy(caller.creditor_id, record, rules=rules, customers=counter.customers)
        etag.show(response, version=record.version)
        return policy_answer(record)

    @router.post("/v1/policies:simulate")
    async def simulate(body: SimulationRequest, caller: Reader) -> SimulationAnswer:
        """Try a policy on today's portfolio, beside the present one; nothing is stored or sent."""
        tried = read_policy(body.policy, name=body.name, version=0)
        days = min(max(body.days, 1), 366)
        async with open_counter(caller.creditor_id) as counter:
            found = await simulate_policy(caller.creditor_id, tried, days=days, desk=counter.desk)
        steps = [
            SimulatedStep(step=step, channel=channel, present=found.present[key], tried=found.tried[key])
            for key in sorted({*found.present, *found.tried})
            for step, channel in (key,)
        ]
        return SimulationAnswer(customers=found.customers, days=days, steps=steps)

    return router


def outreach_routes(open_counter: OpenCounter) -> APIRouter:
    """Return the routes about outreach."""
    router = APIRouter(tags=["outreach"])

    @router.get("/v1/outreach")
    async def read(caller: Reader) -> OutreachSetting:
        """Say whether reminders go out, are only reported, or are not decided."""
        async with open_counter(caller.creditor_id) as counter:
            found = await get_outreach(caller.creditor_id, rules=counter.desk.rules)
        return OutreachSetting(automatic=found.value)

    @router.put("/v1/outreach")
    async def change(body: OutreachSetting, caller: Writer) -> OutreachSetting:
        """Turn outreach on, to shadow, or off."""
        async with open_counter(caller.creditor_id) as counter:
            await set_outreach(
                caller.creditor_id,
                Outreach(body.automatic),
                rules=counter.desk.rules,
                customers=counter.customers,
            )
        return body

    @router.get("/v1/outreach/shadow")
    async def shadow(caller: Reader, paging: Paging) -> Page[dict[str, Any]]:
        """List the commands that shadow kept back, oldest first."""
        after = (
            (read_instant(paging.after[0], field="cursor"), str(paging.after[1])) if paging.after else None
        )
        async with open_counter(caller.creditor_id) as counter:
            rows = await counter.shadow(caller.creditor_id, after=after, limit=paging.limit + 1)
        kept, cursor = paging.cut(rows, position=lambda row: (str(row["at"]), str(row["shadow_id"])))
        return Page(items=list(kept), next_cursor=cursor)

    return router


def invoice_routes(open_counter: OpenCounter) -> APIRouter:
    """Return the routes about what comes next, and why."""
    router = APIRouter(tags=["decisions"])

    @router.get("/v1/invoices/{invoice_id:path}/plan")
    async def plan(invoice_id: PathId, caller: Reader) -> Plan:
        """Say what comes next for this invoice and when, if nothing changes until then."""
        async with open_counter(caller.creditor_id) as counter:
            items = await plan_invoice(caller.creditor_id, invoice_id, desk=counter.desk)
        return plan_answer(invoice_id, items)

    @router.get("/v1/invoices/{invoice_id:path}/explanation")
    async def explain(invoice_id: PathId, caller: Reader, on: Day | None = None) -> ExplanationAnswer:
        """Say why, or why not, for this invoice on a day: today, one that was, or one to come."""
        async with open_counter(caller.creditor_id) as counter:
            found = await explain_invoice(caller.creditor_id, invoice_id, on=on, desk=counter.desk)
        return explanation_answer(found)

    @router.get("/v1/upcoming")
    async def upcoming(caller: Reader, paging: Paging) -> Page[UpcomingEntry]:
        """List the customers by what comes next for them."""
        after = (
            (read_instant(paging.after[0], field="cursor"), str(paging.after[1])) if paging.after else None
        )
        async with open_counter(caller.creditor_id) as counter:
            rows = await list_upcoming(
                caller.creditor_id, after=after, limit=paging.limit + 1, desk=counter.desk
            )
        kept, cursor = paging.cut(rows, position=lambda row: (row.wake_at.isoformat(), row.customer_id))
        return Page(items=[upcoming_entry(row) for row in kept], next_cursor=cursor)

    return router


def clock_routes(
    advance: Callable[[datetime], Awaitable[Advanced]] | None, now: Callable[[], Awaitable[datetime | None]]
) -> APIRouter:
    """Return the routes about the sandbox's clock; without ``advance`` there is none."""
    router = APIRouter(tags=["clock"])

    @router.get("/v1/clock", responses=problems(404))
    async def read(_caller: Reader) -> ClockAnswer:
        """Say what time it is in the sandbox; null before it was told."""
        _only_in_the_sandbox(advance)
        return ClockAnswer(now=await now())

    @router.put("/v1/clock", responses=problems(404))
    async def move(body: ClockSetting, _caller: Writer) -> AdvancedAnswer:
        """Move time forward, and answer when everything due until then is done."""
        go = _only_in_the_sandbox(advance)
        target = read_instant(body.now, field="now")
        if target.year not in YEARS:
            raise Rejected("a time between 1990 and 2100 is needed", field="now")
        done = await go(target.astimezone(UTC))
        return AdvancedAnswer(now=done.now, commands=done.commands, outcomes=done.outcomes)

    return router


def _only_in_the_sandbox(
    advance: Callable[[datetime], Awaitable[Advanced]] | None,
) -> Callable[[datetime], Awaitable[Advanced]]:
    if advance is None:
        raise NotFound("there is a clock to set in the sandbox only")
    return advance
