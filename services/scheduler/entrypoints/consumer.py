"""From messages to facts: checks every field record by record, then hands the batch to the use case."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

from chassis.db.unit_of_work import Unit
from chassis.kafka.codec import read_day, read_instant
from chassis.kafka.messages import Incoming
from chassis.kernel.calendar import DayCalendar
from chassis.kernel.errors import Poison
from chassis.kernel.money import read_amount, read_currency
from contracts.classifier.v1 import ProfileChanged, TierChanged
from contracts.erp.v1 import Window as WindowTold
from contracts.invoices.v1 import CreditorChanged, CustomerChanged, InvoiceChanged
from contracts.invoices.v1 import Stop as StopTold
from contracts.notifier.v1 import ContactRecorded
from scheduler.domain.customer import Detail, Invoice, Problem, Profile, Stop, TierSpan, Window
from scheduler.domain.facts import ContactNews, Master
from scheduler.domain.policy import Creditor
from scheduler.domain.words import Tier
from scheduler.usecases.ports import FiledInvoice
from scheduler.usecases.take_in_facts import CustomerTold, InvoiceTold, Tiers, Told

TOPICS: Final = frozenset(
    {
        "invoices.invoice-changed.v1",
        "invoices.customer-changed.v1",
        "invoices.creditor-changed.v1",
        "classifier.tier-changed.v1",
        "classifier.profile-changed.v1",
        "notifier.contact-recorded.v1",
        "scheduler.clock-advanced.v1",
    }
)
_WEEKDAYS: Final = {"MON": 0, "TUE": 1, "WED": 2, "THU": 3, "FRI": 4, "SAT": 5, "SUN": 6}
_STATUSES: Final = frozenset({"OPEN", "PAID", "CREDITED", "WRITTEN_OFF"})

TakeIn = Callable[[Unit, Sequence[Told], Sequence[Creditor]], Awaitable[None]]


class Intake:
    """Translates a poll and hands it on."""

    def __init__(self, take_in: TakeIn, *, bank: DayCalendar) -> None:
        self._take_in = take_in
        self._bank = bank

    async def handle(self, unit: Unit, incoming: Sequence[Incoming]) -> None:
        """Take in one poll, in its order; raises Poison for a record that can never be understood."""
        told: list[Told] = []
        creditors: list[Creditor] = []
        for message in incoming:
            fact = self.read(message)
            if isinstance(fact, Creditor):
                creditors.append(fact)
            elif fact is not None:
                told.append(fact)
        await self._take_in(unit, told, creditors)

    def read(self, message: Incoming) -> Told | Creditor | None:
        """Return the fact that a message tells; None for one that concerns no customer."""
        body: Any = message.body
        if isinstance(body, InvoiceChanged):
            return self._invoice(body, trace=message.envelope.traceparent)
        if isinstance(body, CreditorChanged):
            return _creditor(body)
        reader = _READERS.get(type(body))
        if reader is None:
            return None
        return CustomerTold(
            _text(body.creditor_id, "creditor_id"), _text(body.customer_id, "customer_id"), reader(body)
        )

    def _invoice(self, body: InvoiceChanged, *, trace: str) -> InvoiceTold:
        if body.amount is None or body.status not in _STATUSES:
            raise Poison("an amount and a known status are needed", field="status")
        currency = read_currency(body.amount.currency, field="amount.currency")
        due_on = _day(body.due_on, "due_on")
        creditor_id = _text(body.creditor_id, "creditor_id")
        customer_id = _text(body.customer_id, "customer_id")
        invoice = Invoice(
            invoice_id=_text(body.invoice_id, "invoice_id"),
            version=body.version,
            currency=currency,
            amount=read_amount(body.amount.amount, currency=currency, field="amount.amount"),
            open=read_amount(body.open or "0", currency=currency, field="open"),
            issued_on=_day(body.issued_on, "issued_on"),
            due_on=due_on,
            payable_on=self._bank.roll(due_on),
            known_from=_instant(body.known_from, "known_from"),
            in_effect=body.in_effect,
            status=body.status,
            stops=_stops(body.stops),
            payment_reference=body.payment_reference,
            order_reference=body.order_reference,
            document_url=body.document_url,
            trace=trace,
        )
        filed = FiledInvoice(
            creditor_id=creditor_id,
            invoice_id=invoice.invoice_id,
            customer_id=customer_id,
            version=body.version,
            status=body.status,
            settled_on=_day(body.settled_on, "settled_on") if body.settled_on else None,
        )
        return InvoiceTold(creditor_id, customer_id, invoice, filed)


def _creditor(body: CreditorChanged) -> Creditor:
    defaults = Creditor(_text(body.creditor_id, "creditor_id"))
    important, small = body.important_from, body.whatsapp_up_to
    return Creditor(
        creditor_id=defaults.creditor_id,
        version=body.version,
        timezone=body.timezone or defaults.timezone,
        language=body.language or defaults.language,
        important_from=Decimal(important.amount) if important else defaults.important_from,
        whatsapp_up_to=Decimal(small.amount) if small else defaults.whatsapp_up_to,
    )


def _master(body: CustomerChanged) -> Master:
    return Master(
        version=body.version,
        is_consumer=body.kind == "CONSUMER",
        language=body.language,
        timezone=body.timezone,
        account_manager=body.account_manager,
        preferred_channel=body.preferred_channel,
        window=_window(body.preferred_window),
        tone=body.tone,
        details=_details(body),
        problems=tuple(
            Problem(problem.field, problem.reason, f"{problem.field}:{_mark(problem.value)}")
            for problem in body.problems
        ),
        stops=_stops(body.stops),
    )


def _details(body: CustomerChanged) -> tuple[Detail, ...]:
    """List the usable addresses, as marks: the scheduler needs to know that they are there and whether they change."""
    found: list[Detail] = []
    for contact in body.contacts:
        purpose = contact.purpose or "REMINDER"
        if contact.email:
            found.append(Detail(purpose, "EMAIL", _mark(contact.email)))
        if contact.mobile:
            found.append(Detail(purpose, "SMS", _mark(contact.mobile)))
            if contact.whatsapp_opt_in:
                found.append(Detail(purpose, "WHATSAPP", _mark(contact.mobile)))
        if contact.phone or contact.mobile:
            found.append(Detail(purpose, "CALL", _mark(contact.phone or contact.mobile)))
    address = body.address
    if address is not None and address.street and address.postal_code and address.city:
        written = f"{address.street}|{address.postal_code}|{address.city}|{address.country}"
        found.append(Detail("", "LETTER", _mark(written)))
    return tuple(dict.fromkeys(found))


def _mark(value: str) -> str:
    return blake2b(value.encode(), digest_size=6).hexdigest()


def _tiers(body: TierChanged) -> Tiers:
    now = TierSpan(
        at=_instant(body.at, "at"),
        tier=_tier(body.new_tier, "new_tier"),
        unknown=body.unknown,
        version=body.version,
    )
    past = [
        TierSpan(
            _instant(told.at, "history.at"),
            _tier(told.tier, "history.tier"),
            unknown=False,
            version=now.version,
        )
        for told in body.history[:-1]
    ]
    return (*past, now)


def _tier(text: str, field: str) -> Tier:
    try:
        return Tier(text)
    except ValueError:
        raise Poison("GOLD, SILVER or BRONZE is needed", field=field) from None


def _profile(body: ProfileChanged) -> Profile:
    return Profile(
        version=body.version,
        episodes=body.episodes,
        structural_days_late=body.structural_days_late,
        lateness=tuple(body.lateness_pmf),
        weekday_factor=tuple(body.weekday_factor),
        best_channel=body.best_channel,
        best_window=_window(body.best_window),
    )


def _news(body: ContactRecorded) -> ContactNews:
    return ContactNews(
        contact_id=body.contact_id,
        version=body.version,
        event=body.event,
        at=_instant(body.at, "at"),
        channel=body.channel,
        outcome=body.outcome,
        why=body.why,
        result=body.call_outcome.result if body.call_outcome else "",
        failed_channel=body.failed_channel,
        consent=body.consent,
        invoice_ids=tuple(body.invoice_ids),
    )


_READERS: Final[dict[type, Callable[[Any], Master | Tiers | Profile | ContactNews]]] = {
    CustomerChanged: _master,
    TierChanged: _tiers,
    ProfileChanged: _profile,
    ContactRecorded: _news,
}


def _stops(told: Sequence[StopTold]) -> tuple[Stop, ...]:
    if not told:
        return ()
    return tuple(
        Stop(
            kind=stop.kind,
            since=_day(stop.since, "stops.since") if stop.since else None,
            until=_day(stop.until, "stops.until") if stop.until else None,
            reason=stop.reason,
        )
        for stop in told
    )


def _window(told: WindowTold | None) -> Window | None:
    if told is None or not told.from_ or not told.to:
        return None
    return Window(
        from_minute=_minute(told.from_, "preferred_window.from"),
        to_minute=_minute(told.to, "preferred_window.to"),
        weekdays=frozenset(_WEEKDAYS[day] for day in told.days if day in _WEEKDAYS),
    )


def _minute(text: str, field: str) -> int:
    hours, _, minutes = text.partition(":")
    try:
        found = int(hours) * 60 + int(minutes[:2])
    except ValueError:
        raise Poison("it is not a time such as 18:00", field=field) from None
    if not 0 <= found <= 24 * 60:
        raise Poison("it is not a time of the day", field=field)
    return found


def _text(value: str, field: str) -> str:
    if not value:
        raise Poison("it is missing", field=field)
    return value


def _day(text: str, field: str) -> date:
    return read_day(text, field=field)


def _instant(text: str, field: str) -> datetime:
    return read_instant(text, field=field)
