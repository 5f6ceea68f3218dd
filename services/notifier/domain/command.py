"""What the scheduler asks for: one timed command about one customer's invoices."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

MESSAGE_ACTION: Final = "SEND"
TASK_ACTIONS: Final = frozenset({"CALL", "DECISION", "HANDOVER", "DATA_QUALITY"})
ACTIONS: Final = frozenset({MESSAGE_ACTION, *TASK_ACTIONS, "CANCEL", "REASSIGN"})
TONES: Final = frozenset({"WARM", "NEUTRAL", "FORMAL"})


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One invoice in a message: what it was, and what is still open."""

    invoice_id: str
    currency: str
    amount: Decimal
    open: Decimal
    issued_on: date | None
    due_on: date | None
    payment_reference: str = ""
    document_url: str = ""
    order_reference: str = ""
    own_step: bool = True
    """True: the message carries out this invoice's own step; False: it is only named."""


@dataclass(frozen=True, slots=True)
class Command:
    """A reminder that is due, or a word about a task. ``command_id`` is the contact's and the task's id."""

    creditor_id: str
    customer_id: str
    command_id: str
    action: str
    at: datetime
    not_after: datetime
    step: str = ""
    tier: str = ""
    channel: str = ""
    registered: bool = False
    purpose: str = "REMINDER"
    tone: str = "NEUTRAL"
    language: str = "nl"
    template: str = ""
    invoices: tuple[InvoiceLine, ...] = ()
    reason: str = ""
    reason_nl: str = ""
    assignee: str = ""
    task_id: str = ""
    problem_field: str = ""
    problem: str = ""
    is_fourteen_day_letter: bool = False
    trace: str = ""
    """The trace that led to it."""

    @property
    def invoice_ids(self) -> tuple[str, ...]:
        """The invoices whose own step this carries out, sorted."""
        return tuple(sorted(line.invoice_id for line in self.invoices if line.own_step))
