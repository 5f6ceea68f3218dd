"""What `decide` returns: actions, the next wake-up, and the reasons for every invoice."""

from datetime import datetime
from typing import NamedTuple

from scheduler.domain.customer import Customer
from scheduler.domain.policy import Step
from scheduler.domain.words import Deed, Tier, Verdict


class Reason(NamedTuple):
    """One sentence as code and facts; ``sentences.py`` writes it out in Dutch and English."""

    code: str
    facts: tuple[str, ...] = ()


class InvoiceReasons(NamedTuple):
    """The verdict on one invoice, and why."""

    invoice_id: str
    verdict: Verdict
    reasons: tuple[Reason, ...]


class Action(NamedTuple):
    """One command, before it is written for the wire."""

    deed: Deed
    contact_id: str
    at: datetime
    not_after: datetime
    tier: Tier
    step: Step | None = None
    """None for CANCEL and REASSIGN."""
    channel: str = ""
    tone: str = ""
    language: str = ""
    template: str = ""
    fourteen_day_letter: bool = False
    own: tuple[str, ...] = ()
    """Invoices whose own step this carries out."""
    mentioned: tuple[str, ...] = ()
    """Other open invoices that the text may name."""
    reasons: tuple[Reason, ...] = ()
    assignee: str = ""
    task_id: str = ""
    problem_field: str = ""
    problem: str = ""
    mark: str = ""
    """DATA_QUALITY: what identifies the problem, so that it makes one task."""


class Decision(NamedTuple):
    """The result of one `decide`."""

    actions: tuple[Action, ...]
    next_wakeup: datetime | None
    reasons: tuple[InvoiceReasons, ...]
    customer: Customer
    """The state after the actions: their contacts pending, what is settled dropped."""
    policy_name: str
    policy_version: int
