"""Which channel carries a step: law and consent first, then the customer's wish, the learned one, the policy's order."""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from scheduler.domain.case import Case
from scheduler.domain.customer import Detail
from scheduler.domain.decision import Reason
from scheduler.domain.policy import Step
from scheduler.domain.words import Channel, Manner, Purpose

FORMAL_CHANNELS: Final = (Channel.EMAIL, Channel.LETTER)
"""A formal step is never sent by SMS or WhatsApp (W15; providers' terms, law.md 3.4)."""
LAST_RESORT: Final = (Channel.EMAIL, Channel.SMS, Channel.LETTER)
"""Tried after the step's own channels: any address is better than none."""
MESSAGE_CHANNELS: Final = frozenset({Channel.EMAIL, Channel.SMS, Channel.WHATSAPP, Channel.LETTER})
"""What a wish, or what was learned, can choose for a friendly message."""
_PURPOSES: Final = (Purpose.REMINDER, Purpose.ADMIN, Purpose.LEGAL)


class Choice(NamedTuple):
    """The channel taken, and which rule won."""

    channel: Channel
    reason: Reason


def meant_details(details: Collection[Detail], channel: str, *, purpose: Purpose) -> list[Detail]:
    """List the addresses for ``channel`` of the contacts meant for ``purpose``, in their order (W14).

    Without any contact of that purpose the customer's others stand in: REMINDER, ADMIN, LEGAL.
    A letter goes to the customer's own address, whatever the purpose.
    """
    if channel == Channel.LETTER:
        return [detail for detail in details if detail.channel == channel]
    present = {detail.purpose for detail in details if detail.channel != Channel.LETTER}
    if purpose not in present:
        purpose = next((name for name in _PURPOSES if name in present), purpose)
    return [detail for detail in details if detail.channel == channel and detail.purpose == purpose]


def addressed(channel: str, *, purpose: Purpose, case: Case) -> bool:
    """Say whether there is a usable address for ``channel``: of the right contact, and not dead."""
    customer = case.customer
    found = meant_details(customer.details, channel, purpose=purpose)
    return any(detail not in customer.dead for detail in found) if customer.dead else bool(found)


def wants_call(step: Step, *, case: Case) -> bool:
    """Say whether a friendly message becomes a call, because the customer asked to be called."""
    return (
        step.manner is Manner.FRIENDLY
        and case.customer.preferred_channel == Channel.CALL
        and Channel.CALL not in case.customer.refused
        and addressed(Channel.CALL, purpose=step.purpose, case=case)
    )


def choose(step: Step, *, total: Decimal, case: Case) -> Choice | None:
    """Return the channel for ``step``; None: no channel can be used.

    ``total`` is the sum of what the message names: WhatsApp is for small amounts (S39).
    """
    if step.is_formal:
        return _choose_formal(step, case=case)
    customer = case.customer
    wish = customer.preferred_channel
    learned = customer.profile.best_channel
    if wish in MESSAGE_CHANNELS and _can_use(wish, step, total=total, case=case):
        return Choice(Channel(wish), Reason("channel.preferred", (wish,)))
    if not wish and learned in MESSAGE_CHANNELS and _can_use(learned, step, total=total, case=case):
        return Choice(Channel(learned), Reason("channel.learned", (learned,)))
    for channel in _in_order(step.channels):
        if _can_use(channel, step, total=total, case=case):
            return Choice(channel, _order_reason(channel, wish, step))
    return None


def reaches(step: Step, *, case: Case) -> bool:
    """Say whether any channel could carry a message of ``step``, were it small enough for each of them."""
    if case.is_easily_reached:
        return True
    found = case.reaches.get(step.name)
    if found is None:
        found = wants_call(step, case=case) or choose(step, total=Decimal(0), case=case) is not None
        case.reaches[step.name] = found
    return found


@lru_cache(maxsize=256)
def _in_order(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    """Return the step's own channels, then the last resort, each once."""
    return tuple(dict.fromkeys((*channels, *LAST_RESORT)))


def _choose_formal(step: Step, *, case: Case) -> Choice | None:
    """Formal steps keep their own channel, whatever is preferred; without an address the other one."""
    for channel in dict.fromkeys((*step.channels, *FORMAL_CHANNELS)):
        # A required notice may go by post after an opt-out (law.md 3.3), an e-mail may not.
        refused = channel in case.customer.refused and channel is not Channel.LETTER
        if channel in FORMAL_CHANNELS and not refused:
            if channel is Channel.LETTER and addressed(channel, purpose=step.purpose, case=case):
                return Choice(channel, Reason("channel.formal", (channel,)))
            if channel is Channel.EMAIL and addressed(channel, purpose=step.purpose, case=case):
                return Choice(channel, _order_reason(channel, "", step))
    return None


def _can_use(channel: str, step: Step, *, total: Decimal, case: Case) -> bool:
    if channel in case.customer.refused or not addressed(channel, purpose=step.purpose, case=case):
        return False
    return channel != Channel.WHATSAPP or _whatsapp_allowed(total, case=case)


def _whatsapp_allowed(total: Decimal, *, case: Case) -> bool:
    """Only small amounts, or a thread that the customer opened less than a day ago (W15)."""
    thread_at = case.customer.thread_at
    hours = timedelta(hours=case.policy.contact.whatsapp_thread_hours)
    if thread_at is not None and timedelta(0) <= case.now - thread_at < hours:
        return True
    return total <= case.rules.creditor.whatsapp_up_to


def _order_reason(channel: Channel, wish: str, step: Step) -> Reason:
    if wish and wish != channel:
        return Reason("channel.wish-not-possible", (channel, wish))
    if step.channels and channel == step.channels[0]:
        return Reason("channel.formal" if step.is_formal else "channel.policy", (channel,))
    return Reason("channel.fallback", (channel,))
