"""``/v1/call-tasks``: the built-in worklist, and what a call brought."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Security
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.http.auth import Principal, authenticated
from chassis.http.paging import Page, Paging
from chassis.http.shapes import NO_NUL, AmountText, BodyId, Day, PathId, QueryId, word
from chassis.kernel.clock import Clock
from chassis.kernel.errors import Conflict
from notifier.domain.call_outcome import CallOutcome, Promise
from notifier.domain.contact import TaskContact
from notifier.entrypoints.http_contacts import ReadCaller, after
from notifier.usecases.close_task import Report, close_task
from notifier.usecases.ports import Reader, TaskFilter, Works

WriteCaller = Annotated[Principal, Security(authenticated, scopes=["notifier:write"])]
Line = Annotated[str, StringConstraints(max_length=4000, pattern=NO_NUL)]
Kind = Literal["CALL", "DECISION", "HANDOVER", "DATA_QUALITY"]


class TaskOut(BaseModel):
    """One task (contract section 4)."""

    task_id: str
    kind: Annotated[str, word("CALL", "DECISION", "HANDOVER", "DATA_QUALITY")]
    customer_id: str
    invoice_ids: list[str]
    step: str
    due_at: datetime
    assignee: str
    state: Annotated[str, word("OPEN", "DONE", "CANCELLED")]
    reason: str
    reason_nl: str
    script: str


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks; absent means any."""

    state: Annotated[Literal["OPEN", "DONE", "CANCELLED"] | None, Query()] = None
    assignee: QueryId = ""
    customer_id: QueryId = ""
    kind: Annotated[Kind | None, Query()] = None


class PromiseIn(BaseModel):
    """A promise to pay; without invoices it is about all of the task's."""

    model_config = ConfigDict(extra="ignore")

    on: Day
    invoice_ids: list[BodyId] = Field(default_factory=list, max_length=500)
    amount: AmountText | None = None
    note: Line = ""


class OutcomeIn(BaseModel):
    """What a call brought (contract section 4)."""

    model_config = ConfigDict(extra="ignore")

    result: Literal[
        "PAID", "PROMISED", "DISPUTED", "NOT_RECEIVED", "IN_APPROVAL", "WRONG_NUMBER", "NO_ANSWER", "OTHER"
    ]
    reason_code: Line | None = None
    promise: PromiseIn | None = None
    note: Line | None = None


def tasks_router(*, reader: Reader, works: Works, clock: Clock) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", tags=["call tasks"])

    @router.get("/call-tasks", summary="The worklist")
    async def list_tasks(
        caller: ReadCaller,
        paging: Paging,
        only: Annotated[TaskQuery, Depends()],
    ) -> Page[TaskOut]:
        """List tasks, oldest first."""
        wanted = TaskFilter(
            creditor_id=caller.creditor_id,
            state=only.state or "",
            assignee=only.assignee,
            customer_id=only.customer_id,
            kind=only.kind or "",
            limit=paging.limit + 1,
            after=after(paging.after),
        )
        kept, cursor = paging.cut(await reader.tasks(wanted), position=_position)
        return Page(items=[_out(task) for task in kept], next_cursor=cursor)

    @router.post("/call-tasks/{task_id}/outcome", summary="Close a task with what it brought")
    async def report_outcome(task_id: PathId, outcome: OutcomeIn, caller: WriteCaller) -> TaskOut:
        """Record the outcome; it makes the promise, dispute, hold or resend that follows from it."""
        now = present(clock)
        report = Report(caller.creditor_id, task_id, _outcome(outcome))
        async with works() as work:
            return _out(await close_task(work, report, now=now))

    return router


def present(clock: Clock) -> datetime:
    """Return the present instant; raises Conflict while a fresh sandbox has none."""
    now = clock.now()
    if now is None:
        raise Conflict("the sandbox has no time yet: set the clock first (PUT /v1/clock on the scheduler)")
    return now


def _outcome(given: OutcomeIn) -> CallOutcome:
    promise = given.promise
    return CallOutcome(
        result=given.result,
        reason_code=given.reason_code or "",
        note=given.note or "",
        promise=None
        if promise is None
        else Promise(promise.on, tuple(promise.invoice_ids), _amount(promise.amount), promise.note),
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _position(task: TaskContact) -> tuple[object, ...]:
    return (task.command.at.isoformat(), task.task.task_id)


def _out(contact: TaskContact) -> TaskOut:
    task = contact.task
    return TaskOut(
        task_id=task.task_id,
        kind=task.kind,
        customer_id=task.customer_id,
        invoice_ids=list(task.invoice_ids),
        step=task.step,
        due_at=task.due_at,
        assignee=task.assignee,
        state=task.state.value,
        reason=task.reason,
        reason_nl=task.reason_nl,
        script=task.script,
    )
