"""Answer how a customer pays, what it prefers, and when one of its invoices is likely to be paid."""

from dataclasses import dataclass

from chassis.kernel.errors import NotFound
from classifier.domain.creditor import Creditor
from classifier.domain.customer import Key
from classifier.domain.evidence import InvoiceFacts, Outcome
from classifier.domain.forecast import Forecast, forecast
from classifier.domain.lateness import BankDays, quantile, shrunk
from classifier.domain.profile import Profile, profile_of
from classifier.usecases.ports import ChannelCount, InvoiceKey, Ledger, Reader
from classifier.usecases.read_tier import known_customer

_SHARES = (0.05, 0.25, 0.50, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class ProfileAnswer:
    """A customer's learned behaviour as people see it."""

    key: Key
    profile: Profile
    quantiles_days: tuple[int, ...]
    """Lateness at 5, 25, 50, 75 and 95 %."""
    preferences: bytes
    channels: list[ChannelCount]
    payments_by_weekday: tuple[int, ...]
    invoices_paid: int


@dataclass(frozen=True, slots=True)
class ForecastAnswer:
    """What to expect of one invoice; no forecast when it is settled."""

    key: Key
    invoice: InvoiceFacts
    forecast: Forecast | None
    episodes: int


async def read_profile(ledger: Ledger, reader: Reader, key: Key) -> ProfileAnswer:
    """Return the profile as of the last fact; raises NotFound."""
    customer, creditor = await known_customer(ledger, reader, key)
    habits, _ = customer.behaviour.now()
    pmf = shrunk(habits.histogram, prior=creditor.prior)
    return ProfileAnswer(
        key=key,
        profile=profile_of(habits, prior=creditor.prior),
        quantiles_days=tuple(quantile(pmf, share=share) for share in _SHARES),
        preferences=await reader.preferences(key),
        channels=await reader.channels(key),
        payments_by_weekday=habits.paid_weekday,
        invoices_paid=sum(habits.paid_weekday),
    )


async def read_forecast(
    ledger: Ledger, reader: Reader, invoice: InvoiceKey, *, bank_days: BankDays
) -> ForecastAnswer:
    """Return when an open invoice is likely to be paid; raises NotFound."""
    found = await reader.owner_of(invoice)
    if found is None:
        raise NotFound("no invoice with this id")
    key, facts = found
    customer = await reader.customer(key)
    creditors: dict[str, Creditor] = await ledger.creditors([key[0]])
    if customer is None:
        raise NotFound("no invoice with this id")
    habits, _ = customer.behaviour.now()
    expected = None
    if facts.outcome is Outcome.OPEN:
        expected = forecast(habits, due_on=facts.due_on, bank_days=bank_days, prior=creditors[key[0]].prior)
    return ForecastAnswer(key, facts, expected, habits.n)
