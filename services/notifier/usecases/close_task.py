"""Close a task with what it brought; a call's outcome drives the machine (W12)."""

from dataclasses import dataclass, replace
from datetime import datetime

from chassis.kernel.calendar import local_day
from chassis.kernel.errors import NotFound
from notifier.domain.call_outcome import CallOutcome, check_outcome
from notifier.domain.contact import ContactEvent, TaskContact
from notifier.usecases.ports import Work


@dataclass(frozen=True, slots=True)
class Report:
    """Who closes which task with what."""

    creditor_id: str
    task_id: str
    outcome: CallOutcome


async def close_task(work: Work, report: Report, *, now: datetime) -> TaskContact:
    """Record the outcome and close the task.

    Raises NotFound for an unknown task, Conflict for one that is closed, Rejected for an outcome that
    makes no sense. A promise without invoices is about all of the task's (contract section 4).
    """
    found = await work.tasks.lock([(report.creditor_id, report.task_id)])
    if not found:
        raise NotFound(f"there is no task {report.task_id}")
    before = found[0]
    party_key = (report.creditor_id, before.task.customer_id)
    creditor = (await work.parties.load([party_key]))[party_key].creditor
    today = local_day(now, zone=creditor.zone)
    check_outcome(report.outcome, task_invoice_ids=before.task.invoice_ids, today=today)
    outcome = _complete(report.outcome, invoice_ids=before.task.invoice_ids)
    after = replace(before, task=before.task.finish(), version=before.version + 1, outcome="DONE")
    await work.tasks.save([after])
    await work.contacts.add_events([(after.key, ContactEvent("CALL_OUTCOME", now, outcome.result))])
    work.record(after.recorded(at=now, event="CALL_OUTCOME", call_outcome=outcome))
    return after


def _complete(outcome: CallOutcome, *, invoice_ids: tuple[str, ...]) -> CallOutcome:
    promise = outcome.promise
    if promise is None or promise.invoice_ids:
        return outcome
    return replace(outcome, promise=replace(promise, invoice_ids=invoice_ids))
