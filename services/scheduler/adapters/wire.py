"""Writes decisions as messages: actions become ``ReminderDue``, the time becomes ``ClockAdvanced``."""

from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec
from prometheus_client import Counter
from sqlalchemy import text

from chassis.db.unit_of_work import Unit
from chassis.kafka.messages import Outgoing
from chassis.kernel.ids import derived_id
from chassis.kernel.money import amount_text
from chassis.telemetry import tracing
from contracts.scheduler.v1 import ClockAdvanced, InvoiceInCommand, ReminderDue
from scheduler.adapters.metrics import COMMANDS_TOTAL
from scheduler.domain.customer import Customer, Invoice
from scheduler.domain.decision import Action, Decision, Reason
from scheduler.domain.policy import Rulebook
from scheduler.domain.sentences import one_sentence

REMINDER_DUE: Final = "scheduler.reminder-due.v1"
CLOCK_ADVANCED: Final = "scheduler.clock-advanced.v1"

_SHADOW = text(
    "INSERT INTO shadow_commands (creditor_id, command_id, customer_id, at, command)"
    " SELECT * FROM unnest(CAST(:creditors AS text[]), CAST(:commands AS text[]), CAST(:customers AS text[]),"
    " CAST(:ats AS timestamptz[]), CAST(:bodies AS jsonb[])) ON CONFLICT DO NOTHING"
)


def reminder_due(action: Action, *, customer: Customer, decision: Decision) -> ReminderDue:
    """Return the command as the notifier reads it."""
    step = action.step
    invoices = {invoice.invoice_id: invoice for invoice in customer.invoices}
    made = next((c for c in reversed(decision.customer.contacts) if c.contact_id == action.contact_id), None)
    reason, reason_nl = _in_words(action.reasons)
    named = [(invoice_id, True) for invoice_id in action.own] + [(i, False) for i in action.mentioned]
    return ReminderDue(
        creditor_id=customer.creditor_id,
        customer_id=customer.customer_id,
        command_id=action.contact_id,
        action=action.deed.value,
        at=_instant(action.at),
        not_after=_instant(action.not_after),
        step=step.name if step else "",
        tier=action.tier.value,
        channel=str(action.channel),
        registered=bool(step and step.registered and action.channel == "LETTER"),
        purpose=step.purpose.value if step else "",
        tone=str(action.tone),
        language=action.language,
        template=action.template,
        invoices=[_invoice(invoices[i], own=own) for i, own in named if i in invoices],
        reason=reason,
        reason_nl=reason_nl,
        policy_name=decision.policy_name,
        policy_version=decision.policy_version,
        assignee=action.assignee,
        task_id=action.task_id,
        problem_field=action.problem_field,
        problem=action.problem,
        fourteen_day_letter=action.fourteen_day_letter,
        rank=made.rank if made else 0,
        manner=made.manner.value if made else "",
        day=made.day.isoformat() if made else "",
        mark=action.mark,
    )


def _invoice(invoice: Invoice, *, own: bool) -> InvoiceInCommand:
    amount = amount_text(invoice.amount, currency=invoice.currency)
    return InvoiceInCommand(
        invoice_id=invoice.invoice_id,
        currency=invoice.currency,
        amount=amount,
        open=amount
        if invoice.open == invoice.amount
        else amount_text(invoice.open, currency=invoice.currency),
        issued_on=invoice.issued_on.isoformat(),
        due_on=invoice.due_on.isoformat(),
        payment_reference=invoice.payment_reference,
        document_url=invoice.document_url,
        own_step=own,
        order_reference=invoice.order_reference,
    )


@lru_cache(maxsize=20_000)
def _in_words(reasons: tuple[Reason, ...]) -> tuple[str, str]:
    return one_sentence(reasons, language="en"), one_sentence(reasons, language="nl")


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=64)
def _counter(action: str, channel: str) -> Counter:
    return COMMANDS_TOTAL.labels(action, channel)


class WireCommands:
    """Port ``Commands``: through the outbox of the transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def publish(self, customer: Customer, decision: Decision, *, rules: Rulebook) -> int:
        """Publish the actions in their order."""
        del rules
        key = f"{customer.creditor_id}:{customer.customer_id}"
        traces = {invoice.invoice_id: invoice.trace for invoice in customer.invoices if invoice.trace}
        for action in decision.actions:
            body = reminder_due(action, customer=customer, decision=decision)
            causes = [traces[invoice_id] for invoice_id in action.own if invoice_id in traces]
            if causes:
                with tracing.step("decide", traceparents=causes) as traceparent:
                    self._publish(key, body, action, traceparent)
            else:
                self._publish(key, body, action, "")
        return len(decision.actions)

    def _publish(self, key: str, body: ReminderDue, action: Action, traceparent: str) -> None:
        outgoing = Outgoing(
            topic=REMINDER_DUE,
            key=key,
            body=body,
            id=action.contact_id,
            time=action.at,
            subject=body.step,
            traceparent=traceparent,
        )
        self._unit.publish(outgoing)
        _counter(body.action, body.channel).inc()

    async def report_shadow(self, customer: Customer, decision: Decision, *, rules: Rulebook) -> int:
        """Keep the actions in the shadow table."""
        del rules
        bodies = [reminder_due(action, customer=customer, decision=decision) for action in decision.actions]
        await self._unit.connection.execute(
            _SHADOW,
            {
                "creditors": [body.creditor_id for body in bodies],
                "commands": [_shadow_id(customer, action) for action in decision.actions],
                "customers": [body.customer_id for body in bodies],
                "ats": [action.at for action in decision.actions],
                "bodies": [msgspec.json.encode(body).decode() for body in bodies],
            },
        )
        return len(bodies)


def _shadow_id(customer: Customer, action: Action) -> str:
    """Identify what would have been sent, whatever the day: shadow says it once, not every day again."""
    step = action.step.name if action.step else ""
    own = (*action.own, action.task_id, action.mark)
    return derived_id("shadow", customer.creditor_id, customer.customer_id, step, action.deed, *own)


def clock_advanced(now: datetime) -> Outgoing:
    """Return the message that every service follows in the sandbox."""
    told = _instant(now)
    return Outgoing(
        topic=CLOCK_ADVANCED, key="", body=ClockAdvanced(now=told), id=derived_id("clock", told), time=now
    )
