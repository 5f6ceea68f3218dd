"""A contact as the outside sees it: one item with its latest outcome, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from notifier.domain.call_outcome import CallOutcome
from notifier.domain.command import Command
from notifier.domain.delivery import Delivery, State
from notifier.domain.parties import Recipient
from notifier.domain.task import Task


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """Something that came back: DELIVERED, READ, REPLIED, OPTED_OUT, BOUNCED or CALL_OUTCOME."""

    kind: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ContactRecorded:
    """What the other services are told: an outcome of a contact, or a thing that came back."""

    creditor_id: str
    customer_id: str
    event: str
    """OUTCOME, CALL_OUTCOME, REPLIED, OPTED_OUT, BOUNCED or CONSENT_CHANGED."""
    at: datetime
    contact_id: str = ""
    version: int = 0
    invoice_ids: tuple[str, ...] = ()
    step: str = ""
    tier: str = ""
    channel: str = ""
    tone: str = ""
    language: str = ""
    outcome: str = ""
    why: str = ""
    call_outcome: CallOutcome | None = None
    consent: Mapping[str, bool] = field(default_factory=dict)
    action: str = ""
    failed_channel: str = ""


@dataclass(frozen=True, slots=True)
class SentAs:
    """The exact words and the address of the last call: the proof, and what a look-up asks for."""

    provider: str
    recipient: Recipient
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class MessageContact:
    """A message of the timeline: the command, its delivery, and the words once there are any."""

    command: Command
    delivery: Delivery
    version: int = 0
    sent: SentAs | None = None
    called_s_ago: float | None = None
    """Machine seconds since the provider call began; only set on rows read for recovery."""

    @property
    def key(self) -> tuple[str, str]:
        """Creditor and contact."""
        return (self.command.creditor_id, self.command.command_id)

    @property
    def party_key(self) -> tuple[str, str]:
        """Creditor and customer."""
        return (self.command.creditor_id, self.command.customer_id)

    def acts_at(self, now: datetime) -> datetime:
        """Return the instant at which this message acts when the clock shows ``now``.

        In the sandbox a customer's decisions run ahead of the clock's row: none acts before its decision.
        """
        return max(now, self.command.at)

    def moved(self, delivery: Delivery) -> "MessageContact":
        """Take the delivery's new value; the version rises when the outside sees a change."""
        visible = delivery.state.outcome != self.delivery.state.outcome
        return replace(self, delivery=delivery, version=self.version + visible)

    def recorded(
        self, *, event: str = "OUTCOME", at: datetime | None = None, failed_channel: str = ""
    ) -> ContactRecorded:
        """Say how this contact stands, for the other services."""
        command, delivery = self.command, self.delivery
        is_ended_badly = delivery.state in {State.FAILED, State.SUPPRESSED, State.AMBIGUOUS}
        return ContactRecorded(
            creditor_id=command.creditor_id,
            customer_id=command.customer_id,
            event=event,
            at=at or delivery.at,
            contact_id=command.command_id,
            version=self.version,
            invoice_ids=command.invoice_ids,
            step=command.step,
            tier=command.tier,
            channel=command.channel,
            tone=command.tone,
            language=command.language,
            outcome=delivery.state.outcome,
            why=delivery.why if is_ended_badly else "",
            action=command.action,
            failed_channel=failed_channel,
        )


@dataclass(frozen=True, slots=True)
class TaskContact:
    """A task with the command that made it; a CALL is also a contact of the timeline."""

    command: Command
    task: Task
    version: int = 1
    outcome: str = "ACCEPTED"
    why: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Creditor and task."""
        return (self.command.creditor_id, self.task.task_id)

    def recorded(
        self, *, at: datetime, event: str = "OUTCOME", call_outcome: CallOutcome | None = None
    ) -> ContactRecorded:
        """Say how this task stands, for the other services."""
        command = self.command
        return ContactRecorded(
            creditor_id=command.creditor_id,
            customer_id=command.customer_id,
            event=event,
            at=at,
            contact_id=self.task.task_id,
            version=self.version,
            invoice_ids=self.task.invoice_ids,
            step=command.step,
            tier=command.tier,
            channel="CALL" if command.action == "CALL" else "",
            tone=command.tone,
            language=command.language,
            outcome=self.outcome,
            why=self.why,
            call_outcome=call_outcome,
            action=command.action,
        )
