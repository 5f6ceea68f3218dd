"""``/v1/customers/{id}/profile`` and ``/v1/invoices/{id}/forecast``: how a customer pays, and what to expect."""

from datetime import date
from typing import Any, Literal

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field

from chassis.http.shapes import PathId
from classifier.domain.lateness import EDGES, BankDays
from classifier.entrypoints.http_tiers import Caller, Door
from classifier.usecases.ports import ChannelCount
from classifier.usecases.read_profile import ForecastAnswer, ProfileAnswer, read_forecast, read_profile

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


class LatenessBody(BaseModel):
    """Days from the effective due date to the payment, both on bank days; below 0 is early."""

    p05: int
    p25: int
    p50: int
    p75: int
    p95: int


class PreferredBody(BaseModel):
    """What the customer says it prefers."""

    channel: str | None
    window: dict[str, Any] | None


class ChannelBody(BaseModel):
    """How a channel has done with this customer: evidence, not yet advice."""

    channel: str
    contacts: int
    paid_within_5_days: int


class LearnedBody(BaseModel):
    """What was learned from payments and contacts."""

    invoices_paid: int
    lateness_edges: list[int] = Field(
        description="Bin i of lateness_pmf covers edges[i-1] < days <= edges[i]"
    )
    lateness_pmf: list[float]
    payments_by_weekday: dict[Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], int]
    weekday_factor: list[float] = Field(description="Payments by weekday relative to flat, Monday first")
    channels: list[ChannelBody]


class ProfileBody(BaseModel):
    """A customer's learned behaviour."""

    customer_id: str
    episodes: int
    structural_days_late: int | None
    lateness: LatenessBody
    preferred: PreferredBody
    learned: LearnedBody


class ForecastBody(BaseModel):
    """When an open invoice is likely to be paid; empty when it is settled."""

    invoice_id: str
    customer_id: str
    due_on: date
    open: bool
    expected_on: date | None
    likely_from: date | None
    likely_until: date | None
    late: float | None = Field(description="P(paid after the effective due date)")
    late_beyond_7_days: float | None
    episodes: int


def profiles_router(door: Door, *, bank_days: BankDays) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", tags=["profiles"])

    @router.get("/customers/{customer_id}/profile", summary="How a customer pays and what it prefers")
    async def profile(customer_id: PathId, caller: Caller) -> ProfileBody:
        """Return the learned behaviour of a customer."""
        async with door.database.reading(creditor_id=caller.creditor_id) as unit:
            key = (caller.creditor_id, customer_id)
            return _profile(await read_profile(door.ledger_of(unit), door.reader_of(unit), key))

    @router.get("/invoices/{invoice_id}/forecast", summary="When an invoice is likely to be paid")
    async def forecast(invoice_id: PathId, caller: Caller) -> ForecastBody:
        """Return the expected payment day by the customer's own distribution."""
        async with door.database.reading(creditor_id=caller.creditor_id) as unit:
            found = await read_forecast(
                door.ledger_of(unit),
                door.reader_of(unit),
                (caller.creditor_id, invoice_id),
                bank_days=bank_days,
            )
        return _forecast(found)

    return router


def _profile(found: ProfileAnswer) -> ProfileBody:
    preferred = msgspec.json.decode(found.preferences)
    p05, p25, p50, p75, p95 = found.quantiles_days
    return ProfileBody(
        customer_id=found.key[1],
        episodes=found.profile.episodes,
        structural_days_late=found.profile.structural_days_late,
        lateness=LatenessBody(p05=p05, p25=p25, p50=p50, p75=p75, p95=p95),
        preferred=PreferredBody(channel=preferred.get("channel"), window=preferred.get("window")),
        learned=LearnedBody(
            invoices_paid=found.invoices_paid,
            lateness_edges=list(EDGES),
            lateness_pmf=list(found.profile.lateness_pmf),
            payments_by_weekday=dict(zip(_WEEKDAYS, found.payments_by_weekday, strict=True)),  # type: ignore[arg-type]
            weekday_factor=list(found.profile.weekday_factor),
            channels=[_channel(count) for count in found.channels],
        ),
    )


def _channel(count: ChannelCount) -> ChannelBody:
    return ChannelBody(
        channel=count.channel, contacts=count.contacts, paid_within_5_days=count.paid_within_5_days
    )


def _forecast(found: ForecastAnswer) -> ForecastBody:
    expected = found.forecast
    return ForecastBody(
        invoice_id=found.invoice.invoice_id,
        customer_id=found.key[1],
        due_on=date.fromordinal(found.invoice.due_on),
        open=expected is not None,
        expected_on=date.fromordinal(expected.expected_on) if expected else None,
        likely_from=date.fromordinal(expected.likely_from) if expected else None,
        likely_until=date.fromordinal(expected.likely_until) if expected else None,
        late=expected.late if expected else None,
        late_beyond_7_days=expected.late_beyond_7 if expected else None,
        episodes=found.episodes,
    )
