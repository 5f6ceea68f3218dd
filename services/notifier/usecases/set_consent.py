"""Record what a customer allows, as a person heard it."""

from collections.abc import Mapping
from datetime import datetime

from chassis.kernel.errors import Rejected
from notifier.domain.consent import CHANNELS, Consent
from notifier.domain.contact import ContactRecorded
from notifier.usecases.ports import Key, Work


async def set_consent(work: Work, key: Key, consents: Mapping[str, Consent], *, now: datetime) -> None:
    """Record yes or no per channel for (creditor, customer) and tell the others; raises Rejected for an unknown channel."""
    unknown = sorted(set(consents) - set(CHANNELS))
    if unknown:
        raise Rejected(f"unknown channel; one of {', '.join(CHANNELS)}", field="channels")
    before = (await work.parties.load([key]))[key].consents
    changed = {channel: consents[channel] for channel in sorted(consents)}
    await work.parties.set_consents(key, changed)
    told = {
        channel: consent.allowed
        for channel, consent in changed.items()
        if before.get(channel) is None or before[channel].allowed != consent.allowed
    }
    if told:
        creditor_id, customer_id = key
        work.record(
            ContactRecorded(
                creditor_id=creditor_id,
                customer_id=customer_id,
                event="CONSENT_CHANGED",
                at=now,
                consent=told,
            )
        )
