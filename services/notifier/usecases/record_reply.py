"""Take in an answer from a customer: STOP and START change the consent, everything else is a reply."""

from dataclasses import replace
from datetime import datetime

from notifier.domain.consent import Consent, read_keyword
from notifier.domain.contact import ContactEvent, ContactRecorded, MessageContact
from notifier.domain.reports import Reply
from notifier.usecases.ports import Work


async def record_reply(work: Work, reply: Reply, *, now: datetime) -> bool:
    """Take in one answer; returns False when nobody was written to at that address."""
    contacts = await _answered(work, reply)
    allowed = read_keyword(reply.text)
    kind = "REPLIED" if allowed is None else ("OPTED_IN" if allowed else "OPTED_OUT")
    detail = reply.provider_message_id or reply.text[:200]
    new = await work.contacts.add_events([(c.key, ContactEvent(kind, now, detail)) for c in contacts])
    moved = [replace(c, version=c.version + 1) for c in contacts if c.key in set(new)]
    await work.contacts.save(moved)
    for contact in moved:
        if allowed is not None:
            consent = Consent(allowed=allowed, source=f"{reply.channel} reply", at=now)
            await work.parties.set_consents(contact.party_key, {reply.channel: consent})
        work.record(_told(contact, kind=kind, channel=reply.channel, allowed=allowed, now=now))
    return bool(contacts)


async def _answered(work: Work, reply: Reply) -> list[MessageContact]:
    if reply.in_reply_to:
        named = await work.contacts.lock_heard_of(
            contact_id=reply.in_reply_to, provider_message_id=reply.in_reply_to
        )
        if named is not None:
            return [named]
    last = await work.contacts.last_to(channel=reply.channel, address=reply.address)
    return await work.contacts.lock([contact.key for contact in last])


def _told(
    contact: MessageContact, *, kind: str, channel: str, allowed: bool | None, now: datetime
) -> ContactRecorded:
    if kind == "OPTED_IN":
        return ContactRecorded(
            creditor_id=contact.command.creditor_id,
            customer_id=contact.command.customer_id,
            event="CONSENT_CHANGED",
            at=now,
            consent={channel: True},
        )
    told = contact.recorded(event=kind, at=now)
    return told if allowed is None else replace(told, consent={channel: allowed})
