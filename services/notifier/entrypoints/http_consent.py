"""``/v1/customers/{id}/consent``: which channels a customer allows."""

from collections.abc import Mapping
from datetime import UTC
from hashlib import blake2b
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.http.etag import SHOWN, edits, require_match, show
from chassis.http.shapes import NO_NUL, Flag, Instant, PathId
from chassis.kernel.clock import Clock
from notifier.domain.consent import CHANNELS, Consent
from notifier.entrypoints.http_contacts import ReadCaller
from notifier.entrypoints.http_tasks import WriteCaller, present
from notifier.usecases.ports import Reader, Works
from notifier.usecases.set_consent import set_consent


class ConsentItem(BaseModel):
    """One channel's yes or no."""

    model_config = ConfigDict(extra="ignore")

    allowed: Flag
    source: Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] = ""
    at: Instant | None = None
    """Since when; absent: now."""


Channel = Annotated[str, StringConstraints(pattern=f"^({'|'.join(CHANNELS)})$")]


class ConsentBody(BaseModel):
    """The channels with a recorded yes or no; the others follow the general rule."""

    model_config = ConfigDict(extra="ignore")

    channels: Annotated[
        dict[Channel, ConsentItem],
        # Said with propertyNames too: patternProperties alone would let every other name pass.
        Field(json_schema_extra={"propertyNames": {"enum": list(CHANNELS)}}),
    ]


def consent_router(*, reader: Reader, works: Works, clock: Clock) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", tags=["consent"])

    @router.get(
        "/customers/{customer_id}/consent", summary="Which channels a customer allows", responses=SHOWN
    )
    async def read_consent(customer_id: PathId, caller: ReadCaller, response: Response) -> ConsentBody:
        """Return what is recorded, with its ETag."""
        consents = await reader.consents((caller.creditor_id, customer_id))
        show(response, version=_version(consents) or "none")
        return _body(consents)

    @router.put("/customers/{customer_id}/consent", summary="Record a yes or no", **edits(needs_match=False))
    async def write_consent(
        customer_id: PathId, body: ConsentBody, caller: WriteCaller, request: Request, response: Response
    ) -> ConsentBody:
        """Record yes or no for the channels named; channels not named stay as they are. If-Match is honoured where sent."""
        key = (caller.creditor_id, customer_id)
        if request.headers.get("if-match"):
            known = await reader.consents(key)
            require_match(request, version=_version(known) or "none")
        given = {name: _consent(item, clock) for name, item in body.channels.items()}
        if given:
            # A fresh sandbox has no time yet: what is said carries its own.
            now = clock.now() or max(consent.at for consent in given.values())
            async with works() as work:
                await set_consent(work, key, given, now=now)
        after = await reader.consents(key)
        show(response, version=_version(after) or "none")
        return _body(after)

    return router


def _consent(item: ConsentItem, clock: Clock) -> Consent:
    return Consent(item.allowed, item.source, (item.at or present(clock)).astimezone(UTC))


def _body(consents: Mapping[str, Consent]) -> ConsentBody:
    return ConsentBody(
        channels={
            name: ConsentItem(allowed=consent.allowed, source=consent.source, at=consent.at)
            for name, consent in sorted(consents.items())
        }
    )


def _version(consents: Mapping[str, Consent]) -> str:
    """Derive the version from what is recorded; empty when nothing is."""
    if not consents:
        return ""
    written = repr(sorted((name, c.allowed, c.source, c.at.isoformat()) for name, c in consents.items()))
    return blake2b(written.encode(), digest_size=8).hexdigest()
