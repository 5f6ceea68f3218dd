"""How often a customer may be written to: over all invoices and channels together (W16)."""

from datetime import date, timedelta
from typing import NamedTuple

from scheduler.domain.case import Case
from scheduler.domain.customer import Contact
from scheduler.domain.decision import Reason
from scheduler.domain.words import Deed

ONE_DAY = timedelta(days=1)


class Room(NamedTuple):
    """When the next message may go: one a civil day, and so many in so many days (tasks not counted)."""

    any_from: date
    """First day on which a message may go at all, formal ones included."""
    friendly_from: date
    """First day on which the budget has room again; a formal step is never squeezed out."""

    def day_for(self, *, is_formal: bool) -> date:
        """Return the first day on which such a message may go."""
        return self.any_from if is_formal else max(self.any_from, self.friendly_from)

    def reason(self, *, is_formal: bool, case: Case) -> Reason:
        """Say which limit holds the message back."""
        day = self.day_for(is_formal=is_formal).isoformat()
        if day == self.any_from.isoformat():
            return Reason("wait.one-a-day", (day,))
        rules = case.policy.contact
        return Reason("wait.budget", (str(rules.messages_max), str(rules.messages_max_days), day))


def messages_sent(contacts: tuple[Contact, ...]) -> list[date]:
    """List the days of the messages that reached, or may have reached, the customer; oldest first."""
    return sorted(c.day for c in contacts if c.deed is Deed.SEND and not c.has_failed)


def room_for(case: Case) -> Room:
    """Work out what the pressure budget leaves."""
    rules = case.policy.contact
    sent = messages_sent(case.customer.contacts)
    any_from = case.today
    if sent and sent[-1] >= case.today:
        any_from = sent[-1] + ONE_DAY
    friendly_from = case.today
    if len(sent) >= rules.messages_max:
        # The budget has room once the oldest of the last so many messages has left the stretch of days.
        oldest = sent[-rules.messages_max]
        friendly_from = max(friendly_from, oldest + timedelta(days=rules.messages_max_days))
    return Room(any_from=any_from, friendly_from=friendly_from)
