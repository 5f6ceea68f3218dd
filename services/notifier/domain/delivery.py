"""One message on its way: the state machine with an honest "don't know" (architecture.md section 5)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chassis.kernel.errors import VelvetError
from notifier.domain.backoff import next_attempt_at
from notifier.domain.outcome import Accepted, Ambiguous, ConfigError, Outcome, Permanent, Repeat, Retry


class State(StrEnum):
    """Where a delivery stands. CLAIMED and CALLING are the two marks of "sending"."""

    PENDING = "PENDING"
    CLAIMED = "CLAIMED"
    """Somebody holds it; it is certain that no provider was called."""
    CALLING = "CALLING"
    """The provider may have been called: after a crash this is never repeated blindly."""
    ACCEPTED = "ACCEPTED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"
    AMBIGUOUS = "AMBIGUOUS"

    @property
    def outcome(self) -> str:
        """The word that the outside sees (contract section 4)."""
        return "PENDING" if self in UNDER_WAY else self.value


MAYBE_OUT: Final = "MAYBE_OUT"
"""Why a message under way goes again: its provider, which takes the same call twice as one, may have it."""
UNDER_WAY: Final = frozenset({State.PENDING, State.CLAIMED, State.CALLING})


class Status(StrEnum):
    """What a provider says later on; call-backs come twice and out of order."""

    ACCEPTED = "ACCEPTED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    READ = "READ"
    FAILED = "FAILED"


# FAILED ends what was only accepted or sent; but a message that arrived has arrived, whatever comes later.
_RANK: Final = {Status.ACCEPTED: 0, Status.SENT: 1, Status.FAILED: 2, Status.DELIVERED: 3, Status.READ: 4}


def later(known: Status | None, heard: Status) -> Status:
    """Join two statuses: the same result from any order and any number of repetitions."""
    return heard if known is None or _RANK[heard] > _RANK[known] else known


class WrongState(VelvetError):
    """A transition that this delivery cannot make: another process has moved it on."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of one command; every transition returns a new value."""

    contact_id: str
    at: datetime
    """The last provider call or the suppression; before that, the command's instant."""
    not_before: datetime
    not_after: datetime
    state: State = State.PENDING
    attempts: int = 0
    token: int = 0
    """Fencing token: rises with each claim, so that an old claimant's answer changes nothing."""
    why: str = ""
    provider_message_id: str = ""
    status: Status | None = None

    def is_due(self, now: datetime) -> bool:
        """Say whether it may be claimed at ``now``."""
        return self.state is State.PENDING and self.not_before <= now

    def has_lapsed(self, now: datetime) -> bool:
        """Say whether its time is over: past the end, or at the end after having been put off."""
        was_put_off = self.attempts > 0 or self.at < self.not_after
        return now > self.not_after or (now == self.not_after and was_put_off)

    def claim(self) -> "Delivery":
        """Take it; raises WrongState unless it is pending."""
        self._must_be(State.PENDING)
        return replace(self, state=State.CLAIMED, token=self.token + 1)

    def give_back(self) -> "Delivery":
        """Undo a claim: certain that nothing was sent."""
        self._must_be(State.CLAIMED)
        return replace(self, state=State.PENDING)

    def begin_call(self, now: datetime) -> "Delivery":
        """Mark that the provider is called from now on."""
        self._must_be(State.CLAIMED)
        return replace(self, state=State.CALLING, attempts=self.attempts + 1, at=now)

    def suppress(self, now: datetime, *, why: str) -> "Delivery":
        """End it without a call; what may be out after an earlier one is AMBIGUOUS: nobody may call it unsent."""
        self._must_be(State.PENDING, State.CLAIMED)
        if self.why == MAYBE_OUT:
            return replace(self, state=State.AMBIGUOUS, why="INTERRUPTED")
        return replace(self, state=State.SUPPRESSED, why=why, at=now)

    def conclude(self, outcome: Outcome, *, now: datetime) -> "Delivery":
        """Take in the provider's answer. A call-back that came before it is kept."""
        if self.state is not State.CALLING:
            # The call-back beat the answer: only the provider's name for the message is news.
            if isinstance(outcome, Accepted) and not self.provider_message_id:
                return replace(self, provider_message_id=outcome.provider_id)
            return self
        match outcome:
            case Accepted(provider_id):
                accepted = replace(self, state=State.ACCEPTED, status=Status.ACCEPTED, why="")
                return replace(accepted, provider_message_id=provider_id)
            case Permanent(reason):
                # A refusal of the repetition says nothing about the first call.
                refused = State.AMBIGUOUS if self.why == MAYBE_OUT else State.FAILED
                return replace(self, state=refused, why=reason)
            case Ambiguous(reason, provider_id):
                named = self.provider_message_id or provider_id
                return replace(self, state=State.AMBIGUOUS, why=reason, provider_message_id=named)
            case Retry() | Repeat() | ConfigError():
                asked_s = outcome.after_s if isinstance(outcome, Retry) else None
                why = MAYBE_OUT if isinstance(outcome, Repeat) else self.why
                return replace(self.put_off(now, asked_s=asked_s), why=why)

    def put_off(self, now: datetime, *, asked_s: float | None = None) -> "Delivery":
        """Go back to pending until the next attempt, or until the instant at which it lapses."""
        self._must_be(State.CALLING, State.CLAIMED)
        until = next_attempt_at(now, attempts=self.attempts, not_after=self.not_after, asked_s=asked_s)
        return replace(self, state=State.PENDING, not_before=until)

    def recover(self) -> "Delivery":
        """Pick up what a dead process held: back to pending when nothing was sent, else AMBIGUOUS."""
        if self.state is State.CLAIMED:
            return self.give_back()
        self._must_be(State.CALLING)
        return replace(self, state=State.AMBIGUOUS, why="INTERRUPTED")

    def found_unsent(self) -> "Delivery":
        """Go back to pending: the provider was asked and has no such message."""
        self._must_be(State.CALLING, State.AMBIGUOUS)
        return replace(self, state=State.PENDING, why="")

    def repeat(self) -> "Delivery":
        """Go back to pending: the provider may have it, and takes the same call twice as one."""
        self._must_be(State.CALLING, State.AMBIGUOUS)
        return replace(self, state=State.PENDING, why=MAYBE_OUT)

    def hear(self, status: Status, *, provider_message_id: str = "", why: str = "") -> "Delivery":
        """Take in a status from the provider's call-back or look-up: any order, any number of times."""
        if self.state in {State.PENDING, State.CLAIMED, State.SUPPRESSED}:
            return self
        joined = later(self.status, status)
        named = replace(
            self, provider_message_id=self.provider_message_id or provider_message_id, status=joined
        )
        state = _STATE_OF[joined]
        if joined is self.status and state is self.state:
            return named
        return replace(named, state=state, why=why if state is State.FAILED else "")

    def _must_be(self, *states: State) -> None:
        if self.state not in states:
            raise WrongState(f"delivery {self.contact_id} is {self.state}, not {' or '.join(states)}")


_STATE_OF: Final = {
    Status.ACCEPTED: State.ACCEPTED,
    Status.SENT: State.ACCEPTED,
    Status.DELIVERED: State.DELIVERED,
    Status.READ: State.DELIVERED,
    Status.FAILED: State.FAILED,
}
