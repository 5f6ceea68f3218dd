"""The domain's events as the contract's messages."""

from datetime import UTC, datetime

from chassis.kafka.messages import Outgoing
from chassis.kernel.ids import derived_id
from contracts.notifier import v1 as wire
from notifier.domain.call_outcome import CallOutcome
from notifier.domain.contact import ContactRecorded

TOPIC = "notifier.contact-recorded.v1"


def outgoing(recorded: ContactRecorded) -> Outgoing:
    """Return the message; its id follows from what it says, so a repetition has the same one."""
    body = wire.ContactRecorded(
        creditor_id=recorded.creditor_id,
        customer_id=recorded.customer_id,
        contact_id=recorded.contact_id,
        version=recorded.version,
        event=recorded.event,
        at=instant_text(recorded.at),
        invoice_ids=list(recorded.invoice_ids),
        step=recorded.step,
        tier=recorded.tier,
        channel=recorded.channel,
        tone=recorded.tone,
        language=recorded.language,
        outcome=recorded.outcome,
        why=recorded.why,
        call_outcome=_call_outcome(recorded.call_outcome),
        consent=dict(recorded.consent),
        action=recorded.action,
        failed_channel=recorded.failed_channel,
    )
    consents = ",".join(f"{channel}={allowed}" for channel, allowed in sorted(recorded.consent.items()))
    identity = derived_id(
        TOPIC,
        recorded.creditor_id,
        recorded.customer_id,
        recorded.contact_id,
        str(recorded.version),
        recorded.event,
        body.at,
        consents,
    )
    return Outgoing(
        topic=TOPIC,
        key=f"{recorded.creditor_id}:{recorded.customer_id}",
        body=body,
        id=identity,
        time=recorded.at,
        subject=recorded.contact_id,
    )


def instant_text(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _call_outcome(outcome: CallOutcome | None) -> wire.CallOutcome | None:
    if outcome is None:
        return None
    promise = outcome.promise
    return wire.CallOutcome(
        result=outcome.result,
        reason_code=outcome.reason_code,
        note=outcome.note,
        promise=None
        if promise is None
        else wire.Promise(
            on=promise.on.isoformat(),
            invoice_ids=list(promise.invoice_ids),
            amount="" if promise.amount is None else f"{promise.amount:f}",
            note=promise.note,
        ),
    )
