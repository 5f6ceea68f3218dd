"""``GET /v1/contacts``: the timeline with the exact text sent."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Security
from pydantic import BaseModel

from chassis.http.auth import Principal, authenticated
from chassis.http.paging import Page, Paging
from chassis.http.shapes import QueryId, word
from notifier.usecases.ports import ContactFilter, ContactView, Reader

ReadCaller = Annotated[Principal, Security(authenticated, scopes=["notifier:read"])]


class EventOut(BaseModel):
    """Something that came back on a contact."""

    kind: str
    at: datetime


class ContactOut(BaseModel):
    """One contact with its latest outcome (contract section 4)."""

    contact_id: str
    customer_id: str
    invoice_ids: list[str]
    step: str
    tier: Annotated[str, word("GOLD", "SILVER", "BRONZE", "")]
    channel: Annotated[str, word("EMAIL", "SMS", "WHATSAPP", "CALL", "LETTER")]
    tone: Annotated[str, word("WARM", "NEUTRAL", "FORMAL", "")]
    language: str
    at: datetime
    outcome: Annotated[
        str,
        word("PENDING", "ACCEPTED", "DELIVERED", "FAILED", "SUPPRESSED", "AMBIGUOUS", "DONE"),
    ]
    why: str
    subject: str
    text: str
    provider_message_id: str
    events: list[EventOut]
    reason: str
    reason_nl: str
    recipient: str
    provider: str
    registered: bool
    template: str
    attempts: int


def contacts_router(reader: Reader) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/v1", tags=["contacts"])

    @router.get("/contacts", summary="The timeline of contacts")
    async def list_contacts(
        caller: ReadCaller,
        paging: Paging,
        customer_id: QueryId = "",
        invoice_id: QueryId = "",
    ) -> Page[ContactOut]:
        """List contacts, oldest decision first; a call task is a contact from its making."""
        wanted = ContactFilter(
            creditor_id=caller.creditor_id,
            customer_id=customer_id,
            invoice_id=invoice_id,
            limit=paging.limit + 1,
            after=after(paging.after),
        )
        rows = await reader.contacts(wanted)
        kept, cursor = paging.cut(rows, position=_position)
        return Page(items=[_out(view) for view in kept], next_cursor=cursor)

    return router


def after(values: tuple[object, ...] | None) -> tuple[datetime, str] | None:
    """Read where the page before ended: an instant and an id."""
    return None if values is None else (datetime.fromisoformat(str(values[0])), str(values[1]))


def _position(view: ContactView) -> tuple[object, ...]:
    return (view.command.at.isoformat(), view.command.command_id)


def _out(view: ContactView) -> ContactOut:
    command = view.command
    return ContactOut(
        contact_id=command.command_id,
        customer_id=command.customer_id,
        invoice_ids=list(command.invoice_ids),
        step=command.step,
        tier=command.tier,
        channel=command.channel,
        tone=command.tone,
        language=command.language,
        at=view.at,
        outcome=view.outcome,
        why=view.why,
        subject=view.subject,
        text=view.text,
        provider_message_id=view.provider_message_id,
        events=[EventOut(kind=event.kind, at=event.at) for event in view.events],
        reason=command.reason,
        reason_nl=command.reason_nl,
        recipient=view.recipient,
        provider=view.provider,
        registered=command.registered,
        template=command.template,
        attempts=view.attempts,
    )
