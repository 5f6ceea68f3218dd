"""What comes back from outside after a message went out: a delivery status, or a person's answer."""

from dataclasses import dataclass

from notifier.domain.delivery import Status


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One call-back, in the notifier's words."""

    status: Status
    provider_message_id: str = ""
    contact_id: str = ""
    """Our own id, where the provider carries it: matches even before its answer to our call came."""
    reason: str = ""
    """The provider's code of a failure, kept as text."""
    is_address_dead: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What came in: the channel, the sender's address, the words, and the vendor's name for it."""

    channel: str
    address: str
    text: str
    provider_message_id: str = ""
    """Of the answer itself; a repetition of the same answer changes nothing."""
    in_reply_to: str = ""
    """The contact or provider message that it answers, where the vendor says so."""
