"""The messages that the inbox got, kept in memory in order of arrival."""

import hashlib
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice

# A replay of two years on 2,500 invoices sends fewer than 10,000 messages.
MESSAGES_KEPT_MAX = 50_000
# Letters carry a PDF each; this bounds the memory of the process, the oldest go first.
BYTES_KEPT_MAX = 512 * 1024 * 1024


class Channel(StrEnum):
    """The channels of the contract."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    WHATSAPP = "WHATSAPP"
    CALL = "CALL"
    LETTER = "LETTER"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as a door hands it in, before the mailbox has numbered it."""

    channel: Channel
    to: str
    provider_message_id: str
    sender: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Roughly what this message takes in memory."""
        texts = (self.subject, self.text, self.html, *self.headers, *self.headers.values())
        return sum(map(len, texts)) + sum(len(attachment.content) for attachment in self.attachments)


@dataclass(slots=True)
class Message:
    """A kept message: its number (rising, never used again), its instant of arrival (UTC), its delivery status."""

    number: int
    received_at: datetime
    draft: Draft
    status: str = "accepted"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list and where the next begins (None: this was the last)."""

    items: list[Message]
    next_cursor: int | None


def address_key(address: str) -> str:
    """One spelling per address: digits alone for a phone number, otherwise lower case."""
    bare = address.strip()
    if bare and set(bare) <= set("+0123456789 -"):
        return "".join(filter(str.isdigit, bare))
    return bare.casefold()


class Mailbox:
    """Keeps messages up to the named limits; the oldest make room for the newest."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._first_numbers: dict[tuple[Channel, str], int] = {}
        self._bytes_kept = 0
        self._last_number = 0
        self._copies: Counter[str] = Counter()
        self.received: Counter[Channel] = Counter()
        self.refused: Counter[Channel] = Counter()

    def keep(self, draft: Draft) -> Message:
        """Keep a message and number it."""
        self._last_number += 1
        message = Message(number=self._last_number, received_at=datetime.now(UTC), draft=draft)
        self._messages.append(message)
        self._first_numbers.setdefault((draft.channel, draft.provider_message_id), message.number)
        self._bytes_kept += draft.size_bytes
        self.received[draft.channel] += 1
        while self._is_too_full():
            self._forget_oldest()
        return message

    def _is_too_full(self) -> bool:
        return len(self._messages) > MESSAGES_KEPT_MAX or self._bytes_kept > BYTES_KEPT_MAX

    def next_id(self, *facts: str) -> str:
        """Return 32 hexadecimal digits that follow from the facts and from how often they came before.

        Not from the order of arrival: a replay that sends the same messages gets the same ids.
        """
        digest = hashlib.sha256("\x1f".join(facts).encode()).hexdigest()
        self._copies[digest] += 1
        return hashlib.sha256(f"{digest}:{self._copies[digest]}".encode()).hexdigest()[:32]

    def find(self, channel: Channel, provider_message_id: str) -> Message | None:
        """Return the first message with this provider id, if it is still kept."""
        number = self._first_numbers.get((channel, provider_message_id))
        return None if number is None else self.get(number)

    def find_by_id(self, provider_message_id: str) -> Message | None:
        """Return the first message with this provider id on any channel."""
        found = (self.find(channel, provider_message_id) for channel in Channel)
        return next((message for message in found if message), None)

    def get(self, number: int) -> Message | None:
        """Return the message with this number, if it is still kept."""
        index = number - self._first_number()
        return self._messages[index] if 0 <= index < len(self._messages) else None

    def page(self, *, channel: Channel | None, to: str | None, after: int, limit: int) -> Page:
        """Return up to `limit` messages with a number above `after`, in order of arrival."""
        start = max(0, after + 1 - self._first_number())
        wanted = None if to is None else address_key(to)
        matching = (
            message
            for message in islice(self._messages, start, None)
            if (channel is None or message.draft.channel is channel)
            and (wanted is None or address_key(message.draft.to) == wanted)
        )
        items = list(islice(matching, limit))
        more = next(matching, None) is not None
        return Page(items=items, next_cursor=items[-1].number if more else None)

    def newest_first(self, channel: Channel | None) -> Iterator[Message]:
        """Iterate from the newest to the oldest."""
        return (m for m in reversed(self._messages) if channel is None or m.draft.channel is channel)

    def empty(self) -> None:
        """Forget every message; numbers and ids go on where they were."""
        self._messages.clear()
        self._first_numbers.clear()
        self._bytes_kept = 0

    def __len__(self) -> int:
        return len(self._messages)

    def _first_number(self) -> int:
        return self._last_number - len(self._messages) + 1

    def _forget_oldest(self) -> None:
        oldest = self._messages.popleft()
        self._bytes_kept -= oldest.draft.size_bytes
        key = (oldest.draft.channel, oldest.draft.provider_message_id)
        if self._first_numbers.get(key) == oldest.number:
            del self._first_numbers[key]
