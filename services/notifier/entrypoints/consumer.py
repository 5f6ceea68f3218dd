"""Kafka's door: records become commands and parties, checked field by field; then the use cases."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

from chassis.db.unit_of_work import Unit
from chassis.kafka.codec import read_day, read_instant
from chassis.kafka.messages import Incoming
from chassis.kernel.errors import Poison
from contracts.erp.v1 import Address
from contracts.invoices.v1 import ContactState, CreditorChanged, CustomerChanged
from contracts.scheduler.v1 import InvoiceInCommand, ReminderDue
from notifier.domain.command import ACTIONS, TASK_ACTIONS, TONES, Command, InvoiceLine
from notifier.domain.consent import MESSAGE_CHANNELS
from notifier.domain.parties import ContactPoint, Creditor, Customer, PostalAddress
from notifier.usecases.accept_commands import accept_commands
from notifier.usecases.ports import Renderer, Work

TOPICS = frozenset(
    {"scheduler.reminder-due.v1", "invoices.customer-changed.v1", "invoices.creditor-changed.v1"}
)
CLOCK_TOPIC = "scheduler.clock-advanced.v1"


class Consumer:
    """Takes in a poll: parties first, so that a task's script knows whom to call."""

    def __init__(
        self, *, work_of: Callable[[Unit], Work], renderer: Renderer, on_commands: Callable[[], None]
    ) -> None:
        self._work_of = work_of
        self._renderer = renderer
        self._on_commands = on_commands

    async def handle(self, unit: Unit, batch: Sequence[Incoming]) -> None:
        """Take in a batch in one transaction."""
        work = self._work_of(unit)
        bodies = [incoming.body for incoming in batch]
        creditors = [read_creditor(body) for body in bodies if isinstance(body, CreditorChanged)]
        customers = [
            (body.creditor_id, read_customer(body)) for body in bodies if isinstance(body, CustomerChanged)
        ]
        commands = [
            replace(read_command(incoming.body), trace=incoming.envelope.traceparent)
            for incoming in batch
            if isinstance(incoming.body, ReminderDue)
        ]
        if creditors:
            await work.parties.store_creditors(creditors)
        if customers:
            await work.parties.store_customers(customers)
        if commands:
            await accept_commands(work, commands, renderer=self._renderer)
            self._on_commands()


def check(incoming: Incoming) -> object:
    """Read one record; raises Poison naming the field."""
    match incoming.body:
        case ReminderDue() as body:
            return read_command(body)
        case CustomerChanged() as body:
            return read_customer(body)
        case CreditorChanged() as body:
            return read_creditor(body)
        case _:
            return None


def read_command(body: ReminderDue) -> Command:
    """Read a command; raises Poison naming the field."""
    for field in ("creditor_id", "customer_id", "command_id"):
        _needed(getattr(body, field), field=field)
    _one_of(body.action, ACTIONS, field="action")
    at = read_instant(body.at, field="at")
    is_message = body.action == "SEND"
    if is_message:
        _one_of(body.channel, frozenset(MESSAGE_CHANNELS), field="channel")
        _one_of(body.tone, TONES, field="tone")
        _needed("x" if body.invoices else "", field="invoices")
    if body.action not in TASK_ACTIONS and not is_message:
        _needed(body.task_id, field="task_id")
    return Command(
        creditor_id=body.creditor_id,
        customer_id=body.customer_id,
        command_id=body.command_id,
        action=body.action,
        at=at,
        not_after=read_instant(body.not_after, field="not_after") if body.not_after else at,
        step=body.step,
        tier=body.tier,
        channel="CALL" if body.action == "CALL" else body.channel,
        registered=body.registered,
        purpose=body.purpose or "REMINDER",
        tone=body.tone or "NEUTRAL",
        language=body.language or "nl",
        template=body.template,
        invoices=tuple(_line(line, field=f"invoices[{index}]") for index, line in enumerate(body.invoices)),
        reason=body.reason,
        reason_nl=body.reason_nl,
        assignee=body.assignee,
        task_id=body.task_id,
        problem_field=body.problem_field,
        problem=body.problem,
        is_fourteen_day_letter=body.fourteen_day_letter,
    )


def read_customer(body: CustomerChanged) -> Customer:
    """Read a customer; raises Poison naming the field."""
    _needed(body.creditor_id, field="creditor_id")
    return Customer(
        customer_id=_needed(body.customer_id, field="customer_id"),
        version=body.version,
        name=body.name,
        kind=body.kind or "BUSINESS",
        language=body.language,
        account_manager=body.account_manager,
        contacts=tuple(map(_contact, body.contacts)),
        address=_address(body.address),
    )


def read_creditor(body: CreditorChanged) -> Creditor:
    """Read a creditor; raises Poison naming the field."""
    return Creditor(
        creditor_id=_needed(body.creditor_id, field="creditor_id"),
        version=body.version,
        name=body.name,
        legal_name=body.legal_name,
        kvk=body.kvk,
        iban=body.iban,
        bic=body.bic,
        timezone=body.timezone or "Europe/Amsterdam",
        language=body.language or "nl",
        sender_email=body.sender_email,
        sender_name=body.sender_name,
        reply_to=body.reply_to,
        phone=body.phone,
        address=_address(body.address),
        vat_deductible=body.vat_deductible,
    )


def _line(line: InvoiceInCommand, *, field: str) -> InvoiceLine:
    return InvoiceLine(
        invoice_id=_needed(line.invoice_id, field=f"{field}.invoice_id"),
        currency=_needed(line.currency, field=f"{field}.currency"),
        amount=_amount(line.amount, field=f"{field}.amount"),
        open=_amount(line.open, field=f"{field}.open"),
        issued_on=_day(line.issued_on, field=f"{field}.issued_on"),
        due_on=_day(line.due_on, field=f"{field}.due_on"),
        payment_reference=line.payment_reference,
        document_url=line.document_url,
        order_reference=line.order_reference,
        own_step=line.own_step,
    )


def _contact(contact: ContactState) -> ContactPoint:
    return ContactPoint(
        purpose=contact.purpose or "REMINDER",
        name=contact.name,
        email=contact.email,
        mobile=contact.mobile,
        phone=contact.phone,
        whatsapp_opt_in=contact.whatsapp_opt_in,
    )


def _address(address: Address | None) -> PostalAddress:
    if address is None:
        return PostalAddress()
    return PostalAddress(address.street, address.postal_code, address.city, address.country)


def _amount(text: str, *, field: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise Poison("it is not a decimal number", field=field) from error
    if not amount.is_finite():
        raise Poison("it is not a decimal number", field=field)
    return amount


def _day(text: str, *, field: str) -> date | None:
    return read_day(text, field=field) if text else None


def _needed(text: str, *, field: str) -> str:
    if not text:
        raise Poison("it is missing", field=field)
    return text


def _one_of(text: str, allowed: frozenset[str], *, field: str) -> None:
    if text not in allowed:
        raise Poison(f"it is none of {', '.join(sorted(allowed))}", field=field)
