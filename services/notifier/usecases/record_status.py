"""Take in what a provider says later on: delivered, read, bounced. Twice and out of order is harmless."""

from datetime import datetime

from notifier.domain.contact import ContactEvent, MessageContact
from notifier.domain.delivery import State, Status
from notifier.domain.reports import StatusReport
from notifier.usecases.ports import Work


async def record_status(work: Work, report: StatusReport, *, now: datetime) -> bool:
    """Take in one call-back; returns False when it speaks of no message of ours."""
    contact = await work.contacts.lock_heard_of(
        contact_id=report.contact_id, provider_message_id=report.provider_message_id
    )
    if contact is None:
        return False
    now = max(now, contact.delivery.at)
    contact = _taken(work, contact, report=report)
    heard = contact.delivery.hear(
        report.status, provider_message_id=report.provider_message_id, why=report.reason
    )
    if heard == contact.delivery:
        return True
    after = contact.moved(heard)
    await work.contacts.save([after])
    has_failed = heard.state is State.FAILED
    kind = _event_kind(report.status, channel=contact.command.channel)
    if kind and heard.status is report.status:
        await work.contacts.add_events([(contact.key, ContactEvent(kind, now, report.reason))])
    is_dead = has_failed and report.is_address_dead
    if is_dead and contact.sent is not None:
        await work.parties.suppress_address(
            creditor_id=contact.command.creditor_id,
            address=contact.sent.recipient.address,
            reason=report.reason,
            at=now,
        )
    if after.version != contact.version:
        channel = contact.command.channel if is_dead else ""
        event = "BOUNCED" if has_failed else "OUTCOME"
        work.record(after.recorded(event=event, at=now, failed_channel=channel))
    return True


def _taken(work: Work, contact: MessageContact, *, report: StatusReport) -> MessageContact:
    """Say first that the provider has taken a message whose call-back beats its answer.

    Then what is told of it does not depend on which of the two came first.
    """
    if contact.delivery.state is not State.CALLING or report.status in {Status.ACCEPTED, Status.SENT}:
        return contact
    taken = contact.moved(
        contact.delivery.hear(Status.ACCEPTED, provider_message_id=report.provider_message_id)
    )
    work.record(taken.recorded())
    return taken


def _event_kind(status: Status, *, channel: str) -> str:
    match status:
        case Status.DELIVERED | Status.READ:
            return status.value
        case Status.FAILED:
            return "BOUNCED" if channel == "EMAIL" else "FAILED"
        case _:
            return ""
