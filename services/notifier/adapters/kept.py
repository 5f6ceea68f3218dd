"""What only the notifier's database knows, as rows of its journal: a restored one hears them again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from notifier.domain.contact import MessageContact
from notifier.domain.delivery import State

MESSAGES: Final = "messages"
EVENTS: Final = "events"
CONSENTS: Final = "consents"
ADDRESSES: Final = "addresses"

Keep = Callable[[str, Sequence[object]], None]
"""Adds rows of a kind to the journal, with the commit."""


def keep_nothing(kind: str, rows: Sequence[object]) -> None:
    """Keep no journal: where nothing is changed, or a journal is being read."""


class KeptMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one message stands; the words and the address only where they are new."""

    creditor_id: str
    contact_id: str
    version: int
    state: str
    at: datetime
    not_before: datetime
    attempts: int
    why: str
    token: int
    provider_message_id: str
    status: str
    provider: str = ""
    recipient: str = ""
    recipient_name: str = ""
    subject: str = ""
    text: str = ""


class KeptEvent(msgspec.Struct, frozen=True):
    """Something that came back."""

    creditor_id: str
    contact_id: str
    kind: str
    detail: str
    at: datetime


class KeptConsent(msgspec.Struct, frozen=True):
    """A customer's yes or no to a channel."""

    creditor_id: str
    customer_id: str
    channel: str
    allowed: bool
    source: str
    at: datetime


class KeptAddress(msgspec.Struct, frozen=True):
    """An address that is never used again."""

    creditor_id: str
    address: str
    reason: str
    at: datetime


def kept_messages(contacts: Sequence[MessageContact]) -> list[KeptMessage]:
    """Return what the journal says of messages; one that was only claimed, or given back, says nothing new."""
    return [_kept(contact) for contact in contacts if _is_news(contact)]


def _is_news(contact: MessageContact) -> bool:
    delivery = contact.delivery
    return delivery.state is not State.CLAIMED and not (
        delivery.state is State.PENDING and delivery.attempts == 0
    )


def _kept(contact: MessageContact) -> KeptMessage:
    delivery = contact.delivery
    sent = contact.sent if delivery.state is State.CALLING else None
    return KeptMessage(
        creditor_id=contact.key[0],
        contact_id=contact.key[1],
        version=contact.version,
        state=delivery.state.value,
        at=delivery.at,
        not_before=delivery.not_before,
        attempts=delivery.attempts,
        why=delivery.why,
        token=delivery.token,
        provider_message_id=delivery.provider_message_id,
        status=delivery.status.value if delivery.status else "",
        provider=sent.provider if sent else "",
        recipient=sent.recipient.address if sent else "",
        recipient_name=sent.recipient.name if sent else "",
        subject=sent.subject if sent else "",
        text=sent.text if sent else "",
    )
