"""Says of a day to come what is foreseen, where the words of a decision would say that it is so or was done."""

from collections.abc import Collection
from typing import Final

from scheduler.domain.customer import Contact
from scheduler.domain.decision import InvoiceReasons, Reason
from scheduler.domain.policy import DECISION_STEP
from scheduler.domain.turns import done_reason
from scheduler.domain.words import Verdict

# True on that day alone, whoever looks: `then.` and the code have a sentence of their own.
_OF_THE_DAY: Final = frozenset(
    {
        "act.SEND", "act.CALL", "act.DECISION", "act.HANDOVER",
        "day.issued", "day.before", "day.due", "day.after-task", "wait.ladder-done",
    }
)  # fmt: skip


def foreseen(said: InvoiceReasons, *, contacts: Collection[Contact]) -> InvoiceReasons:
    """Return what looking ahead says of a day to come, in words of the future.

    ``contacts`` are those that there really are: what only looking ahead has done is not spoken of as done.
    """
    if said.verdict is Verdict.STOP:
        return said
    real = [
        contact for contact in contacts if said.invoice_id in contact.invoice_ids and not contact.has_failed
    ]
    then = tuple([reason if _holds_now(reason, real) else _then(reason) for reason in said.reasons])
    return said._replace(reasons=(*then, Reason("foreseen")))


def _then(reason: Reason) -> Reason:
    return reason._replace(code="then." + reason.code)


def _holds_now(reason: Reason, real: list[Contact]) -> bool:
    match reason.code:
        case "done" | "task.open":
            return any(done_reason(contact) == reason for contact in real)
        case "formal.too-soon":
            # It speaks of the first friendly contact: where there is one already, it is that one.
            return any(contact.friendly_since is not None for contact in real)
        case "formal.decided":
            return any(contact.step == DECISION_STEP for contact in real)
        case code:
            return code not in _OF_THE_DAY
