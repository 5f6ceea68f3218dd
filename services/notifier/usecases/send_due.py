"""Send what is due: claim, ask the gate, render, call the provider, tell what came of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from chassis.kernel.clock import Clock
from chassis.telemetry import tracing
from chassis.telemetry.logs import log
from notifier.domain.consent import Consent
from notifier.domain.contact import MessageContact, SentAs
from notifier.domain.delivery import State
from notifier.domain.message import Message
from notifier.domain.outcome import (
    Accepted,
    Ambiguous,
    ConfigError,
    Outcome,
    Permanent,
    Repeat,
    Retry,
    Scope,
    Suppress,
)
from notifier.domain.parties import Party
from notifier.usecases.ports import Gate, GateAnswer, Meters, Provider, Renderer, Work, Works
from notifier.usecases.prepare_message import Refusal, as_it_stands, prepare_message

BATCH_MESSAGES_MIN: Final = 20
BATCH_MESSAGES_MAX: Final = 50
"""Messages in flight at once in one lane: at most so many of each lane are in doubt after a crash."""
BATCH_S_AIM: Final = 1.0
"""Seconds that a batch may take from claim to outcome before the next ones are made smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDue:
    """One lane of the sender; ``owner`` names it in the rows that it holds, and no other lane bears that name."""

    works: Works
    gate: Gate
    renderer: Renderer
    providers: Mapping[str, Provider]
    clock: Clock
    meters: Meters
    owner: str
    fault_point: Callable[[str], None]
    claiming: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Shared by the lanes of a process: two claims at once would choose the same rows, and one come away with none."""
    when_full: Callable[[], None] = lambda: None
    """Told when a claim got all that it asked for: there may be work for another lane."""

    async def __call__(self, *, limit: int = BATCH_MESSAGES_MIN) -> int:
        """Send one batch; returns how many messages were seen through, 0 when there is nothing to do now."""
        now = self.clock.now()
        if now is None:
            return 0
        async with self.claiming, self.works() as work:
            claimed = await work.contacts.claim_due(now, owner=self.owner, limit=limit)
        if not claimed:
            return 0
        if len(claimed) == limit:
            self.when_full()
        self.fault_point("after_claim")
        traces = {f"{c.party_key[0]}:{c.party_key[1]}": c.command.trace for c in claimed}
        with tracing.caused_by(traces):
            return await self._see_through(claimed, now=now)

    async def _see_through(self, claimed: Sequence[MessageContact], *, now: datetime) -> int:
        """Ask the gate, call the providers, tell what came of it."""
        with tracing.step("ask the gate", traceparents=[contact.command.trace for contact in claimed]):
            answer = await self.gate.ask([contact.command for contact in claimed])
        if not answer.fresh:
            await self._give_back(claimed)
            return 0
        calls = await self._mark(claimed, answer=answer, now=now)
        outcomes = await asyncio.gather(
            *(self._call(message, trace=contact.command.trace) for contact, message in calls)
        )
        self.fault_point("after_provider_io")
        await self._conclude([contact for contact, _ in calls], outcomes, now=now)
        return len(claimed)

    async def _give_back(self, claimed: Sequence[MessageContact]) -> None:
        # Payments are still in the pipe: late beats wrong.
        async with self.works() as work:
            held = await self._still_ours(work, claimed)
            await work.contacts.save([c.moved(c.delivery.give_back()) for c in held])

    async def _mark(
        self, claimed: Sequence[MessageContact], *, answer: GateAnswer, now: datetime
    ) -> list[tuple[MessageContact, Message]]:
        """Suppress what may not go; write the words of the rest and mark them as being called."""
        # The instant of the call, not that of the claim: the gate may have taken its time.
        now = self.clock.now() or now
        calls: list[tuple[MessageContact, Message]] = []
        async with self.works() as work:
            held = await self._still_ours(work, claimed)
            parties = await work.parties.load({contact.party_key for contact in held})
            moved: list[MessageContact] = []
            for contact in held:
                at = contact.acts_at(now)
                prepared = self._prepare(contact, party=parties[contact.party_key], answer=answer, now=at)
                if isinstance(prepared, Refusal):
                    moved.append(self._suppress(work, contact, refusal=prepared, now=at))
                else:
                    calling = self._calling(contact, message=prepared, now=at)
                    moved.append(calling)
                    calls.append((calling, prepared))
            await work.contacts.save(moved)
            # Until this commit it is certain that nothing was sent.
            self.fault_point("before_provider_io")
        return calls

    def _prepare(
        self, contact: MessageContact, *, party: Party, answer: GateAnswer, now: datetime
    ) -> Message | Refusal:
        if contact.delivery.has_lapsed(now):
            return Refusal("LAPSED")
        if contact.command.channel not in self.providers:
            return Refusal("NO_PROVIDER", failed_channel=contact.command.channel)
        asked = as_it_stands(contact.command, answer=answer)
        if isinstance(asked, Refusal):
            return asked
        return prepare_message(asked, party=party, now=now, renderer=self.renderer)

    def _suppress(
        self, work: Work, contact: MessageContact, *, refusal: Refusal, now: datetime
    ) -> MessageContact:
        suppressed = contact.moved(contact.delivery.suppress(now, why=refusal.why))
        work.record(suppressed.recorded(failed_channel=refusal.failed_channel))
        if suppressed.delivery.state is State.SUPPRESSED:
            self.meters.suppressed(channel=contact.command.channel, why=refusal.why)
        return suppressed

    def _calling(self, contact: MessageContact, *, message: Message, now: datetime) -> MessageContact:
        sent = SentAs(
            provider=self.providers[message.recipient.channel].name,
            recipient=message.recipient,
            subject=message.rendered.subject,
            text=message.rendered.text,
        )
        return replace(contact.moved(contact.delivery.begin_call(now)), sent=sent)

    async def _call(self, message: Message, *, trace: str) -> Outcome:
        provider = self.providers[message.recipient.channel]
        try:
            with tracing.step("call the provider", traceparents=[trace], calls_out=True):
                outcome = await provider.send(message)
        except Exception as error:  # noqa: BLE001 - whatever an adapter raises, the message is in doubt
            # A fault of an adapter in one message must not put the others of its batch in doubt.
            log(__name__).error("provider_fault", provider=provider.name, exc_info=error)
            outcome = Ambiguous(type(error).__name__)
        if isinstance(outcome, Ambiguous) and provider.is_repeatable:
            return Repeat(outcome.reason)
        if isinstance(outcome, Ambiguous) and provider.answers_look_ups_at_once:
            found = await provider.look_up(message)
            # An answer of "absent" is no proof here: the call may still be on its way.
            return found if isinstance(found, Accepted) else outcome
        return outcome

    async def _conclude(
        self, called: Sequence[MessageContact], outcomes: Sequence[Outcome], *, now: datetime
    ) -> None:
        if not called:
            return
        async with self.works() as work:
            by_key = dict(zip((contact.key for contact in called), outcomes, strict=True))
            moved: list[MessageContact] = []
            for contact in await self._still_ours(work, called):
                outcome = by_key[contact.key]
                after = contact.moved(contact.delivery.conclude(outcome, now=contact.acts_at(now)))
                moved.append(after)
                await self._tell(work, contact, after=after, outcome=outcome)
            await self._pause_channels(work, moved, outcomes=by_key, now=now)
            await work.contacts.save(moved)

    async def _tell(
        self, work: Work, before: MessageContact, *, after: MessageContact, outcome: Outcome
    ) -> None:
        sent = after.sent
        provider = sent.provider if sent else ""
        self.meters.concluded(
            channel=after.command.channel, provider=provider, outcome=type(outcome).__name__.lower()
        )
        failed_channel = ""
        if isinstance(outcome, Permanent) and outcome.suppress is not Suppress.NOTHING:
            failed_channel = after.command.channel
            await self._never_again(work, after, outcome=outcome)
        if after.version != before.version:
            work.record(after.recorded(failed_channel=failed_channel))

    async def _never_again(self, work: Work, contact: MessageContact, *, outcome: Permanent) -> None:
        """Stop using the address, or (the provider says the customer has opted out) the channel."""
        command, at = contact.command, contact.delivery.at
        if outcome.suppress is Suppress.CHANNEL:
            consent = Consent(allowed=False, source=outcome.reason, at=at)
            await work.parties.set_consents(contact.party_key, {command.channel: consent})
        elif contact.sent is not None and command.channel != "LETTER":
            await work.parties.suppress_address(
                creditor_id=command.creditor_id,
                address=contact.sent.recipient.address,
                reason=outcome.reason,
                at=at,
            )

    async def _pause_channels(
        self,
        work: Work,
        moved: Sequence[MessageContact],
        *,
        outcomes: Mapping[tuple[str, str], Outcome],
        now: datetime,
    ) -> None:
        """Stop a channel until the next attempt when it refused our whole account or our credentials."""
        until: dict[str, datetime] = {}
        for contact in moved:
            if concerns_everybody(outcomes[contact.key]) and contact.delivery.state is State.PENDING:
                channel = contact.command.channel
                until[channel] = max(until.get(channel, now), contact.delivery.not_before)
        for channel in sorted(until):
            await work.contacts.put_off_channel(channel, now=now, until=until[channel])

    async def _still_ours(self, work: Work, contacts: Sequence[MessageContact]) -> list[MessageContact]:
        """Lock the rows again; what another process has taken over meanwhile is left to it."""
        tokens = {contact.key: contact.delivery.token for contact in contacts}
        locked = await work.contacts.lock(tokens)
        return [contact for contact in locked if contact.delivery.token == tokens[contact.key]]


def next_limit(limit: int, *, sent: int, took_s: float) -> int:
    """Return how many messages the next batch may have.

    Large ones save transactions while providers are quick; where they are slow, few are in doubt for long.
    """
    if took_s > BATCH_S_AIM:
        return BATCH_MESSAGES_MIN
    if sent >= limit and took_s <= BATCH_S_AIM / 2:
        return min(limit * 2, BATCH_MESSAGES_MAX)
    return limit


def concerns_everybody(outcome: Outcome) -> bool:
    """Say whether a refusal concerns the whole channel, not this one message."""
    match outcome:
        case ConfigError():
            return True
        case Retry(scope=scope):
            return scope is not Scope.RECIPIENT
        case _:
            return False
