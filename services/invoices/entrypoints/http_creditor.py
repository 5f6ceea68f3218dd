"""The creditor's own settings: read and edited by people, with ETag and If-Match."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from chassis.http import etag
from chassis.http.shapes import NO_NUL, AmountText
from chassis.kernel.errors import Poison, Rejected
from contracts.erp import v1 as erp
from invoices.domain.creditor import CreditorRecord, CreditorSettings
from invoices.domain.customer import Amount
from invoices.domain.versions import Stamp
from invoices.entrypoints.desk import Desk, Reader, Writer
from invoices.entrypoints.erp_messages import TERM_DAYS_MAX, creditor_of
from invoices.entrypoints.fields import TEXT_CHARS_MAX
from invoices.usecases.change_settings import change_settings

Text = Annotated[str, Field(max_length=TEXT_CHARS_MAX, pattern=NO_NUL)]
# Replaced by the use case, which knows what the new version must win over.
_UNSTAMPED: Final = Stamp(datetime(1970, 1, 1, tzinfo=UTC), "", "")


class AddressBody(BaseModel):
    """A postal address."""

    street: Text = ""
    postal_code: Text = ""
    city: Text = ""
    country: Text = ""


class MoneyBody(BaseModel):
    """An exact amount."""

    currency: str = Field(pattern="^([A-Z]{3})?$")
    amount: AmountText


class CreditorBody(BaseModel):
    """All settings; what is left out goes back to the documented default."""

    name: Text = ""
    legal_name: Text = ""
    kvk: Text = ""
    iban: Text = ""
    bic: Text = ""
    timezone: Text = ""
    language: Text = ""
    payment_term_days: int | None = Field(default=None, ge=0, le=TERM_DAYS_MAX)
    sender_email: Text = ""
    sender_name: Text = ""
    reply_to: Text = ""
    phone: Text = ""
    address: AddressBody | None = None
    vat_deductible: bool | None = None
    important_from: MoneyBody | None = None
    whatsapp_up_to: MoneyBody | None = None


class CreditorShown(CreditorBody):
    """The settings that count, defaults filled in."""

    creditor_id: str
    version: int


def creditor_router(desk: Desk) -> APIRouter:
    """Return the routes for the creditor's settings."""
    router = APIRouter(prefix="/v1", tags=["creditor"])

    @router.get("/creditor", summary="Show the creditor's settings", responses=etag.SHOWN)
    async def show(caller: Reader, response: Response) -> CreditorShown:
        """Show the settings that count now; the documented defaults where nothing was set."""
        async with desk.readings(caller) as readings:
            record = await readings.creditor(caller.creditor_id)
        record = record or CreditorRecord(creditor_id=caller.creditor_id)
        etag.show(response, version=record.version)
        return _shown(record.settings(desk.clock.now()), record.version)

    @router.put("/creditor", summary="Replace the creditor's settings", **etag.edits(needs_match=True))
    async def replace(
        caller: Writer, body: CreditorBody, request: Request, response: Response
    ) -> CreditorShown:
        """Replace all settings; send If-Match with the ETag that was read."""
        try:
            wanted = creditor_of(_message(caller.creditor_id, body), _UNSTAMPED)
        except Poison as error:
            raise Rejected(error.reason, field=error.field) from error
        async with desk.book(caller) as book:
            seen = partial(_must_match, request)
            record = await change_settings(book, wanted, seen=seen, moment=desk.moment())
        etag.show(response, version=record.version)
        return _shown(record.settings(desk.clock.now()), record.version)

    return router


def _must_match(request: Request, version: int) -> None:
    etag.require_match(request, version=version)


def _message(creditor_id: str, body: CreditorBody) -> erp.CreditorUpdated:
    address, important, whatsapp = body.address, body.important_from, body.whatsapp_up_to
    return erp.CreditorUpdated(
        creditor_id=creditor_id,
        name=body.name,
        legal_name=body.legal_name,
        kvk=body.kvk,
        iban=body.iban,
        bic=body.bic,
        timezone=body.timezone,
        language=body.language,
        payment_term_days=body.payment_term_days,
        sender_email=body.sender_email,
        sender_name=body.sender_name,
        reply_to=body.reply_to,
        phone=body.phone,
        address=None if address is None else erp.Address(**address.model_dump()),
        vat_deductible=body.vat_deductible,
        important_from=None if important is None else erp.Money(**important.model_dump()),
        whatsapp_up_to=None if whatsapp is None else erp.Money(**whatsapp.model_dump()),
    )


def _shown(settings: CreditorSettings, version: int) -> CreditorShown:
    address = settings.address
    return CreditorShown(
        creditor_id=settings.creditor_id,
        version=version,
        name=settings.name,
        legal_name=settings.legal_name,
        kvk=settings.kvk,
        iban=settings.iban,
        bic=settings.bic,
        timezone=settings.timezone,
        language=settings.language,
        payment_term_days=settings.payment_term_days,
        sender_email=settings.sender_email,
        sender_name=settings.sender_name,
        reply_to=settings.reply_to,
        phone=settings.phone,
        address=None
        if address is None
        else AddressBody(
            street=address.street,
            postal_code=address.postal_code,
            city=address.city,
            country=address.country,
        ),
        vat_deductible=settings.vat_deductible,
        important_from=_money(settings.important_from),
        whatsapp_up_to=_money(settings.whatsapp_up_to),
    )


def _money(amount: Amount) -> MoneyBody:
    return MoneyBody(currency=amount.currency, amount=f"{Decimal(amount.amount):f}")
