"""What the use cases need of the world, as Protocols; bootstrap hands in the real ones."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from notifier.domain.command import Command
from notifier.domain.consent import Consent
from notifier.domain.contact import ContactEvent, ContactRecorded, MessageContact, TaskContact
from notifier.domain.message import Message, Rendered
from notifier.domain.outcome import LookUp, Outcome
from notifier.domain.parties import Creditor, Customer, Party
from notifier.domain.reports import Reply, StatusReport

Key = tuple[str, str]
"""Creditor first, then contact or customer."""


class Contacts(Protocol):
    """The messages of the timeline and their deliveries."""

    async def add(self, commands: Sequence[Command]) -> None:
        """Keep new messages as pending; one that is there already stays as it is."""
        ...

    async def claim_due(self, now: datetime, *, owner: str, limit: int) -> list[MessageContact]:
        """Claim what is due: of each customer the first, none while another one is being sent."""
        ...

    async def lock(self, keys: Collection[Key]) -> list[MessageContact]:
        """Read and lock messages by (creditor, contact), in key order."""
        ...

    async def lock_heard_of(self, *, contact_id: str, provider_message_id: str) -> MessageContact | None:
        """Read and lock the message that a call-back speaks of, by our id or by the provider's."""
        ...

    async def lock_abandoned(self, *, owner: str | None) -> list[MessageContact]:
        """Read and lock what ``owner`` held (None: whatever's lease ran out)."""
        ...

    async def last_to(self, *, channel: str, address: str) -> list[MessageContact]:
        """Return the last message to an address on a channel, per creditor and customer."""
        ...

    async def save(self, contacts: Sequence[MessageContact]) -> None:
        """Write messages that this transaction has locked or claimed."""
        ...

    async def put_off_channel(self, channel: str, *, now: datetime, until: datetime) -> None:
        """Let every pending message of a channel that is due at ``now`` wait until ``until``, or its end."""
        ...

    async def add_events(self, events: Sequence[tuple[Key, ContactEvent]]) -> list[Key]:
        """Keep what came back, once per kind and detail; returns the keys of what was new."""
        ...


class Tasks(Protocol):
    """Work for people."""

    async def add(self, tasks: Sequence[TaskContact]) -> set[Key]:
        """Keep new tasks; returns the keys of those that were not there yet."""
        ...

    async def lock(self, keys: Collection[Key]) -> list[TaskContact]:
        """Read and lock tasks by (creditor, task), in key order."""
        ...

    async def save(self, tasks: Sequence[TaskContact]) -> None:
        """Write tasks that this transaction has locked."""
        ...


class Parties(Protocol):
    """Creditors, customers, consent and addresses that cannot be used any more."""

    async def store_customers(self, customers: Sequence[tuple[str, Customer]]) -> None:
        """Keep customers by (creditor, customer); an older version changes nothing."""
        ...

    async def store_creditors(self, creditors: Sequence[Creditor]) -> None:
        """Keep creditors; an older version changes nothing."""
        ...

    async def load(self, keys: Collection[Key]) -> Mapping[Key, Party]:
        """Read both sides by (creditor, customer); what is unknown gets the documented defaults."""
        ...

    async def set_consents(self, key: Key, consents: Mapping[str, Consent]) -> None:
        """Record the customer's yes or no per channel; channels not named stay as they are."""
        ...

    async def suppress_address(self, *, creditor_id: str, address: str, reason: str, at: datetime) -> None:
        """Never use this address of the creditor's customers again."""
        ...


class Work(Protocol):
    """One transaction."""

    @property
    def contacts(self) -> Contacts:
        """The messages."""
        ...

    @property
    def tasks(self) -> Tasks:
        """The tasks."""
        ...

    @property
    def parties(self) -> Parties:
        """The two sides."""
        ...

    def record(self, *events: ContactRecorded) -> None:
        """Tell the other services, with this transaction's commit."""
        ...


Works = Callable[[], AbstractAsyncContextManager[Work]]
"""Begins a transaction that commits when its block ends well."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one invoice stands at this instant."""

    open: Decimal
    blocked: str
    """Empty, or why nothing may be asked for: PAID, DISPUTED, PROMISED …"""


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What the gate says of the invoices asked about, by (creditor, invoice)."""

    fresh: bool
    """False: payments are still in the pipe; wait and ask again."""
    standings: Mapping[Key, Standing]


class Gate(Protocol):
    """The invoices service at the instant of sending."""

    async def ask(self, commands: Sequence[Command]) -> GateAnswer:
        """Ask about every invoice of these commands in one call; not fresh when nobody answers."""
        ...


class Renderer(Protocol):
    """Turns a command into words."""

    def message(self, command: Command, *, party: Party, now: datetime) -> Rendered:
        """Write the message for the command's channel; raises Rejected when the template does not fit."""
        ...

    def script(self, command: Command, *, party: Party) -> str:
        """Write what the assignee of a task reads; raises Rejected as ``message`` does."""
        ...


class Provider(Protocol):
    """Brings messages over one channel."""

    @property
    def name(self) -> str:
        """The vendor's name in metrics and records."""
        ...

    @property
    def is_repeatable(self) -> bool:
        """Whether the provider knows a message by our id, so that the same call twice is one message."""
        ...

    async def send(self, message: Message) -> Outcome:
        """Make one call; every failure comes back as an Outcome, nothing is raised."""
        ...

    @property
    def answers_look_ups_at_once(self) -> bool:
        """Whether a look-up right after a lost answer is worth something; a log may lag behind."""
        ...

    async def look_up(self, message: Message) -> LookUp:
        """Ask whether an earlier call of this message was taken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFilter:
    """Which part of the timeline; empty means any."""

    creditor_id: str
    limit: int
    after: tuple[datetime, str] | None = None
    customer_id: str = ""
    invoice_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which part of the worklist; empty means any."""

    creditor_id: str
    limit: int
    after: tuple[datetime, str] | None = None
    customer_id: str = ""
    state: str = ""
    assignee: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """One item of the timeline, as people read it."""

    command: Command
    at: datetime
    outcome: str
    why: str
    subject: str
    text: str
    provider_message_id: str
    recipient: str
    provider: str
    attempts: int
    events: tuple[ContactEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """A webhook as it came in: raw, because signatures are over the raw."""

    path: str
    raw_query: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class NotSigned(Exception):
    """The call-back is not shown to come from the provider."""


class Webhook(Protocol):
    """Reads one provider's call-backs."""

    def read(self, call_back: CallBack) -> Sequence[StatusReport | Reply]:
        """Return what it says; raises NotSigned or Rejected."""
        ...

    def challenge(self, query: Mapping[str, str]) -> str:
        """Answer the provider's question whether this address is ours; raises NotSigned."""
        ...


class Reader(Protocol):
    """Reads for people; changes nothing."""

    async def contacts(self, wanted: ContactFilter) -> list[ContactView]:
        """Return one page of the timeline, oldest decision first."""
        ...

    async def tasks(self, wanted: TaskFilter) -> list[TaskContact]:
        """Return one page of the worklist, oldest first."""
        ...

    async def consents(self, key: Key) -> Mapping[str, Consent]:
        """Return the recorded yes or no per channel."""
        ...

    async def is_due(self, now: datetime) -> bool:
        """Say whether a message waits to be sent at ``now``."""
        ...


class Meters(Protocol):
    """Counts what an operator watches."""

    def concluded(self, *, channel: str, provider: str, outcome: str) -> None:
        """Count one outcome of one provider call."""
        ...

    def suppressed(self, *, channel: str, why: str) -> None:
        """Count one message that was not sent."""
        ...

    def called_back(self, *, provider: str, result: str) -> None:
        """Count one webhook: taken, unknown or refused."""
        ...
