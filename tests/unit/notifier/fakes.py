"""Ten-line stand-ins for the outside; the ports suite proves that they answer as the real ones do."""

from collections import deque

from notifier.domain.message import Message
from notifier.domain.outcome import Absent, Accepted, Ambiguous, LookUp, Outcome


class FakeProvider:
    """Takes every message, unless it was told to answer otherwise; a lost answer means that it was taken."""

    name = "fake"
    is_repeatable = False
    answers_look_ups_at_once = True

    def __init__(self, *answers: Outcome) -> None:
        self.answers = deque(answers)
        self.taken: list[Message] = []

    async def send(self, message: Message) -> Outcome:
        """Answer as told."""
        outcome = self.answers.popleft() if self.answers else Accepted(f"fake-{message.contact_id}")
        if isinstance(outcome, Accepted | Ambiguous):
            self.taken.append(message)
        return outcome

    async def look_up(self, message: Message) -> LookUp:
        """Look among what was taken."""
        same = [taken for taken in self.taken if taken.contact_id == message.contact_id]
        return Accepted(f"fake-{message.contact_id}") if same else Absent()
