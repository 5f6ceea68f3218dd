"""``/v1/customers/{id}/tier``: which tier, why, since when; set by hand until a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response, Security
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.db.unit_of_work import Database, Unit
from chassis.http.auth import Principal, authenticated
from chassis.http.etag import SHOWN, edits, require_match, show
from chassis.http.shapes import NO_NUL, Day, PathId, word
from chassis.kernel.clock import Clock
from classifier.domain.customer import CurrentTier, Key
from classifier.domain.habits import EPISODES_KEPT
from classifier.domain.pin import REASON_CHARS_MAX
from classifier.domain.tier import Rule, Tier
from classifier.usecases.pin_tier import PinRequest, pin_tier, unpin_tier
from classifier.usecases.ports import Ledger, Reader
from classifier.usecases.read_tier import TierAnswer, read_tier

Caller = Annotated[Principal, Security(authenticated, scopes=["classifier:read"])]
WriteCaller = Annotated[Principal, Security(authenticated, scopes=["classifier:write"])]


@dataclass(frozen=True, slots=True)
class Door:
    """What the routes need; each request is one transaction."""

    database: Database
    ledger_of: Callable[[Unit], Ledger]
    reader_of: Callable[[Unit], Reader]
    clock: Clock


class EvidenceBody(BaseModel):
    """The figures behind a tier (personalisation.md 4)."""

    episodes: int
    theta: float
    bad_of_last_5: int
    bad_of_last_12: int
    last_bad_days_late: list[int]
    open_overdue_days: int
    open_invoices: int
    rule: Annotated[str, word(*(rule.value for rule in Rule))]


class PinBody(BaseModel):
    """A tier set by a person; it holds until the end of ``expires_on``."""

    tier: Tier
    reason: str
    author: str
    expires_on: date


class PinRequestBody(BaseModel):
    """The tier to set, why, and the last day on which it holds."""

    model_config = ConfigDict(extra="ignore")

    tier: Tier
    reason: Annotated[str, StringConstraints(min_length=1, max_length=REASON_CHARS_MAX, pattern=NO_NUL)]
    expires_on: Day


class EntryBody(BaseModel):
    """A tier and since when it held."""

    tier: Tier
    at: datetime
    reason: str
    reason_nl: str


class ComputedBody(BaseModel):
    """What the rules alone say: beside a manual tier they run on in its shadow."""

    tier: Tier
    at: datetime
    reason: str
    reason_nl: str


class TierBody(BaseModel):
    """A customer's tier."""

    customer_id: str
    tier: Tier
    unknown: bool = Field(description="A newcomer: fewer than 3 payment moments known; not the same as bad")
    at: datetime
    reason: str
    reason_nl: str
    evidence: EvidenceBody
    pin: PinBody | None
    computed: ComputedBody
    history: list[EntryBody]


def tiers_router(door: Door) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", tags=["tiers"])

    @router.get(
        "/customers/{customer_id}/tier",
        summary="Tier, reason, evidence and history of a customer",
        responses=SHOWN,
    )
    async def read(customer_id: PathId, caller: Caller, response: Response) -> TierBody:
        """Return the tier that holds now, with an ETag for setting it by hand."""
        async with door.database.reading(creditor_id=caller.creditor_id) as unit:
            return await _answer(door, unit, (caller.creditor_id, customer_id), response)

    @router.put(
        "/customers/{customer_id}/tier",
        summary="Set the tier by hand until a day",
        **edits(needs_match=False),
    )
    async def pin(
        customer_id: PathId, body: PinRequestBody, caller: WriteCaller, request: Request, response: Response
    ) -> TierBody:
        """Set the tier by hand; the computed one runs on in its shadow. If-Match is honoured where it is sent."""
        key = (caller.creditor_id, customer_id)
        asked = PinRequest(body.tier, body.reason, caller.subject, body.expires_on.toordinal())
        async with door.database.unit(creditor_id=caller.creditor_id) as unit:
            await _unchanged(door, unit, key, request)
            await pin_tier(door.ledger_of(unit), key, asked, now=door.clock.now())
            return await _answer(door, unit, key, response)

    @router.delete(
        "/customers/{customer_id}/tier", summary="Take the manual tier away", **edits(needs_match=False)
    )
    async def unpin(
        customer_id: PathId, caller: WriteCaller, request: Request, response: Response
    ) -> TierBody:
        """Let the computed tier hold again from now."""
        key = (caller.creditor_id, customer_id)
        async with door.database.unit(creditor_id=caller.creditor_id) as unit:
            await _unchanged(door, unit, key, request)
            await unpin_tier(door.ledger_of(unit), key, now=door.clock.now())
            return await _answer(door, unit, key, response)

    return router


async def _unchanged(door: Door, unit: Unit, key: Key, request: Request) -> None:
    """Refuse the edit when the caller says which version it has seen and that has changed since."""
    customer = await door.ledger_of(unit).lock_known(key)
    if customer is not None and request.headers.get("if-match") is not None:
        require_match(request, version=customer.tier_version)


async def _answer(door: Door, unit: Unit, key: Key, response: Response) -> TierBody:
    found = await read_tier(door.ledger_of(unit), door.reader_of(unit), key, now=door.clock.now())
    show(response, version=found.customer.tier_version)
    return _body(found)


def _body(found: TierAnswer) -> TierBody:
    now = found.now
    return TierBody(
        customer_id=found.customer.customer_id,
        tier=now.tier,
        unknown=now.unknown,
        at=now.at.astimezone(UTC),
        reason=now.reason.en,
        reason_nl=now.reason.nl,
        evidence=_evidence(found),
        pin=_pin(found),
        computed=_computed(found.computed),
        history=[
            EntryBody(
                tier=entry.tier,
                at=entry.at.astimezone(UTC),
                reason=entry.reason.en,
                reason_nl=entry.reason.nl,
            )
            for entry in found.history
        ],
    )


def _evidence(found: TierAnswer) -> EvidenceBody:
    habits = found.habits
    return EvidenceBody(
        episodes=habits.n,
        theta=round(habits.theta, 4),
        bad_of_last_5=habits.bad_among(last=5),
        bad_of_last_12=habits.bad_among(last=EPISODES_KEPT),
        last_bad_days_late=list(habits.bad_days_late(last=EPISODES_KEPT)),
        open_overdue_days=found.open_overdue_days,
        open_invoices=found.open_invoices,
        rule=found.now.rule.value,
    )


def _pin(found: TierAnswer) -> PinBody | None:
    pin = found.pin
    if pin is None:
        return None
    return PinBody(
        tier=pin.tier, reason=pin.reason, author=pin.author, expires_on=date.fromordinal(pin.expires_on)
    )


def _computed(computed: CurrentTier) -> ComputedBody:
    return ComputedBody(
        tier=computed.tier,
        at=computed.at.astimezone(UTC),
        reason=computed.reason.en,
        reason_nl=computed.reason.nl,
    )
