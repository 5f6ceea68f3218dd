"""Message types of contracts.scheduler.v1, generated from proto/contracts/scheduler/v1/scheduler.proto; do not edit."""

import msgspec


class InvoiceInCommand(msgspec.Struct, kw_only=True):
    """contracts.scheduler.v1.InvoiceInCommand."""

    invoice_id: str = ""
    currency: str = ""
    amount: str = ""
    open: str = ""
    issued_on: str = ""
    due_on: str = ""
    payment_reference: str = ""
    document_url: str = ""
    own_step: bool = False
    order_reference: str = ""


class ReminderDue(msgspec.Struct, kw_only=True):
    """contracts.scheduler.v1.ReminderDue."""

    creditor_id: str = ""
    customer_id: str = ""
    command_id: str = ""
    action: str = ""
    at: str = ""
    not_after: str = ""
    step: str = ""
    tier: str = ""
    channel: str = ""
    registered: bool = False
    purpose: str = ""
    tone: str = ""
    language: str = ""
    template: str = ""
    invoices: list[InvoiceInCommand] = msgspec.field(default_factory=list)
    reason: str = ""
    reason_nl: str = ""
    policy_name: str = ""
    policy_version: int = 0
    assignee: str = ""
    task_id: str = ""
    problem_field: str = ""
    problem: str = ""
    fourteen_day_letter: bool = False
    rank: int = 0
    manner: str = ""
    day: str = ""
    mark: str = ""


class ClockAdvanced(msgspec.Struct, kw_only=True):
    """contracts.scheduler.v1.ClockAdvanced."""

    now: str = ""
