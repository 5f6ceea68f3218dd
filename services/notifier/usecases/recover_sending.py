"""Pick up what a dead process was sending: what was not sent goes again, what may have been sent never blindly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from notifier.domain.contact import MessageContact
from notifier.domain.delivery import State, Status
from notifier.domain.message import Message, Rendered
from notifier.domain.outcome import Absent, Accepted, CannotTell, LookUp, Repeatable
from notifier.usecases.ports import Provider, Work, Works

ABSENT_IS_SURE_AFTER_S: Final = 5.0
"""A vendor's list is trusted to be complete this long after the call began (seconds of machine time)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverSending:
    """Recovery, at the start of a process and every few seconds: its own rows at once, others' when the lease is over."""

    works: Works
    providers: Mapping[str, Provider]

    async def __call__(self, *, owner: str | None) -> int:
        """Recover what ``owner`` held, or (None) every row whose lease ran out; returns how many.

        Called with its own name only while this process sends nothing: whatever bears it then was left
        behind by a process that died, or by a turn that ended in an error.
        """
        async with self.works() as work:
            held = await work.contacts.lock_abandoned(owner=owner)
            found = [await self._ask(contact, work=work) for contact in held]
            pairs = [(before, settle(before, looked)) for before, looked in zip(held, found, strict=True)]
            moved = [after for _, after in pairs if after is not None]
            await work.contacts.save(moved)
            work.record(*(a.recorded() for b, a in pairs if a is not None and a.version != b.version))
        return len(moved)

    async def _ask(self, contact: MessageContact, *, work: Work) -> LookUp:
        if contact.delivery.state is not State.CALLING or contact.sent is None:
            return CannotTell()
        provider = self.providers.get(contact.command.channel)
        if provider is None:
            return CannotTell()
        if provider.is_repeatable:
            return Repeatable()
        parties = await work.parties.load([contact.party_key])
        sent, command = contact.sent, contact.command
        return await provider.look_up(
            Message(
                contact_id=command.command_id,
                recipient=sent.recipient,
                creditor=parties[contact.party_key].creditor,
                rendered=Rendered(subject=sent.subject, text=sent.text),
                template=command.template,
                language=command.language,
                at=contact.delivery.at,
                not_after=command.not_after,
                customer_id=command.customer_id,
                registered=command.registered,
            )
        )


def settle(contact: MessageContact, found: LookUp) -> MessageContact | None:
    """Return what becomes of an abandoned message; None: it is too early to tell."""
    delivery = contact.delivery
    if delivery.state is State.CLAIMED:
        return contact.moved(delivery.give_back())
    match found:
        case Accepted(provider_id):
            return contact.moved(delivery.hear(Status.ACCEPTED, provider_message_id=provider_id))
        case Repeatable():
            return contact.moved(delivery.repeat())
        case Absent():
            is_sure = (contact.called_s_ago or 0.0) >= ABSENT_IS_SURE_AFTER_S
            return contact.moved(delivery.found_unsent()) if is_sure else None
        case CannotTell():
            return contact.moved(delivery.recover())
