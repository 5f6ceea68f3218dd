"""Data that cannot be used makes one task each for a person to mend, never a poisoned record."""

from collections.abc import Iterator
from typing import NamedTuple

from scheduler.domain.case import Case
from scheduler.domain.decision import Action, Reason
from scheduler.domain.tasks import QUALITY, command_id
from scheduler.domain.words import Deed

NO_CHANNEL = "no-channel"
_FIELD_OF_CHANNEL = {
    "EMAIL": "email",
    "SMS": "mobile",
    "WHATSAPP": "mobile",
    "CALL": "phone",
    "LETTER": "address",
}


class Fault(NamedTuple):
    """Something wrong with the customer's data; ``mark`` identifies it."""

    mark: str
    field: str
    reason: Reason


def faults_of(case: Case) -> Iterator[Fault]:
    """List what is known to be unusable: as received, as bounced, or a window without an allowed minute."""
    customer = case.customer
    for problem in customer.problems:
        yield Fault(problem.mark, problem.field, Reason("data.problem", (problem.field, problem.reason)))
    for detail in customer.dead:
        name = _FIELD_OF_CHANNEL.get(detail.channel, detail.channel)
        yield Fault(f"dead:{detail.channel}:{detail.mark}", name, Reason("data.dead", (detail.channel, name)))
    told = any(problem.field.startswith("preferred_window") for problem in customer.problems)
    if case.moments.window_ignored and not told:
        yield Fault(f"window:{customer.window}", "preferred_window", Reason("data.window"))


def no_channel(case: Case) -> Fault:
    """Describe a customer whom no channel reaches."""
    marks = ",".join(sorted(detail.mark for detail in case.customer.details))
    return Fault(f"{NO_CHANNEL}:{marks}", "contacts", Reason("data.no-channel"))


def unreported(case: Case) -> list[Fault]:
    """List the faults for which no task was made yet."""
    customer = case.customer
    if not (customer.problems or customer.dead or case.moments.window_ignored):
        return []
    reported = set(customer.reported)
    return [fault for fault in faults_of(case) if fault.mark not in reported]


def quality_task(fault: Fault, *, case: Case) -> Action:
    """Make the task for one fault; the same fault on the same day is the same task."""
    return Action(
        deed=Deed.DATA_QUALITY,
        contact_id=command_id(case, step=QUALITY.name, deed=fault.mark, channel="", invoices=()),
        at=case.now,
        not_after=case.now,
        tier=case.tier,
        step=QUALITY,
        tone=QUALITY.tone,
        language=case.language,
        template=QUALITY.template,
        reasons=(fault.reason,),
        assignee=case.policy.contact.assignee,
        problem_field=fault.field,
        problem=fault.reason.code,
        mark=fault.mark,
    )
