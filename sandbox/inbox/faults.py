"""Faults that the inbox was told to show: which, on what channel, how often."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sandbox.inbox.messages import Channel

DELAY_S_MAX = 120
FAULTS_MAX = 100


def _upper(value: object) -> object:
    return value.upper() or None if isinstance(value, str) else value


class FaultOrder(BaseModel):
    """What POST /faults takes. Without a status, a delay or a drop it means: answer with 500."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[Channel | None, BeforeValidator(_upper)] = Field(
        default=None, description="One channel; absent: all of them."
    )
    status: int | None = Field(
        default=None,
        ge=200,
        le=599,
        description="What the provider answers. An SMTP code is passed on as it is on EMAIL; below 300 means success.",
    )
    delay_s: float = Field(default=0, ge=0, le=DELAY_S_MAX, description="Seconds before the answer.")
    drop_after_accepting: bool = Field(
        default=False, description="Keep the message, then close the connection without an answer."
    )
    times: int | None = Field(
        default=None, ge=1, description="How often; absent: until DELETE /faults or the channel's next fault."
    )


@dataclass(slots=True)
class Fault:
    """A fault in force; `times_left` of None has no end."""

    channel: Channel | None
    status: int | None
    delay_s: float
    drop_after_accepting: bool
    times_left: int | None
    shown: int = 0

    @property
    def refusal(self) -> int | None:
        """The status to refuse with, or None where the message is accepted (a drop accepts, whatever the status)."""
        if self.drop_after_accepting or self.status is None or self.status < 300:
            return None
        return self.status

    def concerns(self, channel: Channel) -> bool:
        """Whether this fault shows on the channel."""
        return self.channel in {None, channel}


class FaultBoard:
    """The faults in force. Those of one channel queue up: the first that has times left is the one that shows."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def set(self, order: FaultOrder) -> Fault:
        """Add a fault; it takes the place of an endless one on the same channel."""
        fault = Fault(
            channel=order.channel,
            status=order.status,
            delay_s=order.delay_s,
            drop_after_accepting=order.drop_after_accepting,
            times_left=order.times,
        )
        if fault.status is None and not fault.delay_s and not fault.drop_after_accepting:
            fault.status = 500
        kept = [f for f in self._faults if f.channel != fault.channel or f.times_left is not None]
        self._faults = [*kept, fault][-FAULTS_MAX:]
        return fault

    def take(self, channel: Channel) -> Fault | None:
        """Return the fault that the next message on this channel meets, and count it down."""
        fault = next((fault for fault in self._faults if fault.concerns(channel)), None)
        if fault is None:
            return None
        fault.shown += 1
        if fault.times_left is not None:
            fault.times_left -= 1
            if fault.times_left == 0:
                self._faults.remove(fault)
        return fault

    def in_force(self) -> list[Fault]:
        """Return the faults that are still to show, in the order they were set."""
        return list(self._faults)

    def clear(self) -> None:
        """End every fault."""
        self._faults.clear()
