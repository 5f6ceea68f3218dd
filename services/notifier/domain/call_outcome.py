"""What a call brought: a closed set of results that drive the machine (W12)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from chassis.kernel.errors import Rejected

RESULTS: Final = (
    "PAID",
    "PROMISED",
    "DISPUTED",
    "NOT_RECEIVED",
    "IN_APPROVAL",
    "WRONG_NUMBER",
    "NO_ANSWER",
    "OTHER",
)


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to pay: the day, and where given the invoices and the amount."""

    on: date
    invoice_ids: tuple[str, ...] = ()
    amount: Decimal | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """The result of a task, as its assignee reports it."""

    result: str
    reason_code: str = ""
    promise: Promise | None = None
    note: str = ""


def check_outcome(outcome: CallOutcome, *, task_invoice_ids: tuple[str, ...], today: date) -> None:
    """Refuse what cannot be recorded; raises Rejected naming the field.

    ``today`` is the civil day in the creditor's time zone; a promise about the past is a mistake.
    """
    if outcome.result not in RESULTS:
        raise Rejected(f"one of {', '.join(RESULTS)} is needed", field="result")
    promise = outcome.promise
    if outcome.result == "PROMISED" and promise is None:
        raise Rejected('a promise needs its day: {"promise": {"on": "2026-04-10"}}', field="promise")
    if promise is None:
        return
    if outcome.result != "PROMISED":
        raise Rejected("a promise goes with the result PROMISED only", field="promise")
    if promise.on < today:
        raise Rejected(f"{promise.on} has passed", field="promise.on")
    if promise.amount is not None and promise.amount <= 0:
        raise Rejected("a promised amount is more than nothing", field="promise.amount")
    foreign = sorted(set(promise.invoice_ids) - set(task_invoice_ids))
    if foreign:
        raise Rejected(f"not among the task's invoices: {', '.join(foreign)}", field="promise.invoice_ids")
