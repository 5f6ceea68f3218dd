"""The inbox itself: its mailbox, its faults, its call-backs, and the gate every HTTP provider goes through."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from sandbox.inbox.callbacks import CallBackLine, Step
from sandbox.inbox.connections import DroppedConnection
from sandbox.inbox.faults import Fault, FaultBoard
from sandbox.inbox.messages import Channel, Mailbox, Message
from sandbox.inbox.settings import InboxSettings


@dataclass(slots=True)
class Inbox:
    """Everything that the doors share."""

    settings: InboxSettings
    callbacks: CallBackLine
    mailbox: Mailbox = field(default_factory=Mailbox)
    faults: FaultBoard = field(default_factory=FaultBoard)
    smtp_listening: bool = False

    def meet(self, channel: Channel) -> Fault | None:
        """Return the fault that this message meets; a refused message is counted here, it is not kept."""
        fault = self.faults.take(channel)
        if fault and fault.refusal:
            self.mailbox.refused[channel] += 1
        return fault


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A message taken in: the vendor's answer, and what becomes of the message afterwards."""

    message: Message
    response: Response
    steps: Sequence[Step] = ()


async def answer(
    inbox: Inbox,
    *,
    channel: Channel,
    accept: Callable[[], Acceptance],
    refuse: Callable[[int], Response],
) -> Response:
    """Answer one well-formed request as the fault in force says: refuse, delay, drop, or simply accept."""
    fault = inbox.meet(channel)
    delay_s = fault.delay_s if fault else 0.0
    if fault and fault.refusal:
        await asyncio.sleep(delay_s)
        return refuse(fault.refusal)
    accepted = accept()
    await asyncio.sleep(delay_s)
    release = _follow(inbox, accepted)
    if fault and fault.drop_after_accepting:
        return DroppedConnection(background=BackgroundTask(release))
    accepted.response.background = BackgroundTask(release)
    return accepted.response


def _follow(inbox: Inbox, accepted: Acceptance) -> Callable[[], Awaitable[None]]:
    if accepted.steps:
        return inbox.callbacks.follow(accepted.message, accepted.steps)

    async def nothing_follows() -> None:
        pass

    return nothing_follows


def _inbox_of(request: Request) -> Inbox:
    inbox: Inbox = request.app.state.inbox
    return inbox


InboxOfApp = Annotated[Inbox, Depends(_inbox_of)]
