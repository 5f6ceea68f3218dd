"""The inbox's own API: what it got, the faults it shows, whether it is at rest."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BeforeValidator
from starlette.responses import JSONResponse, Response

from sandbox.inbox.faults import Fault, FaultOrder
from sandbox.inbox.inbox import InboxOfApp
from sandbox.inbox.messages import Channel, Message
from sandbox.inbox.problems import problem

IDLE_WAIT_S_MAX = 300

router = APIRouter()


def _channel_or_none(value: object) -> object:
    return value.upper() or None if isinstance(value, str) else value


ChannelFilter = Annotated[Channel | None, BeforeValidator(_channel_or_none), Query()]


def message_json(message: Message) -> dict[str, Any]:
    """Build the contract's item, with more fields beside its own."""
    draft = message.draft
    return {
        "channel": draft.channel,
        "to": draft.to,
        "subject": draft.subject,
        "text": draft.text,
        "headers": draft.headers,
        "provider_message_id": draft.provider_message_id,
        "number": message.number,
        "received_at": message.received_at.isoformat().replace("+00:00", "Z"),
        "status": message.status,
        "from": draft.sender,
        "html": draft.html,
        "attachments": [
            {
                "name": attachment.name,
                "media_type": attachment.media_type,
                "size_bytes": len(attachment.content),
                "url": f"/messages/{message.number}/attachments/{position}",
            }
            for position, attachment in enumerate(draft.attachments, start=1)
        ],
    }


def fault_json(fault: Fault) -> dict[str, Any]:
    """Build the answer for one fault; `times_left` of null has no end."""
    return {
        "channel": fault.channel,
        "status": fault.status,
        "delay_s": fault.delay_s,
        "drop_after_accepting": fault.drop_after_accepting,
        "times_left": fault.times_left,
        "shown": fault.shown,
    }


@router.get("/messages", tags=["Messages"])
async def list_messages(
    inbox: InboxOfApp,
    channel: ChannelFilter = None,
    to: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
) -> Response:
    """List what was received, in order of arrival; `next_cursor` is null on the last page."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        return problem(422, title="Not valid", detail="cursor: must be the next_cursor of an earlier page.")
    page = inbox.mailbox.page(channel=channel, to=to or None, after=int(cursor or 0), limit=limit)
    return JSONResponse(
        {
            "items": [message_json(message) for message in page.items],
            "next_cursor": None if page.next_cursor is None else str(page.next_cursor),
        }
    )


@router.delete("/messages", tags=["Messages"], status_code=204)
async def empty_mailbox(inbox: InboxOfApp) -> None:
    """Forget every message."""
    inbox.mailbox.empty()


@router.get("/messages/{number}", tags=["Messages"])
async def one_message(number: int, inbox: InboxOfApp) -> Response:
    """Return one message by its number."""
    message = inbox.mailbox.get(number)
    if message is None:
        return problem(404, title="No such message", detail=f"Message {number} is not kept (any more).")
    return JSONResponse(message_json(message))


@router.post("/faults", tags=["Faults"], status_code=201)
async def set_fault(order: FaultOrder, inbox: InboxOfApp) -> Response:
    """Make the inbox fail; faults on one channel queue up."""
    return JSONResponse(fault_json(inbox.faults.set(order)), status_code=201)


@router.get("/faults", tags=["Faults"])
async def list_faults(inbox: InboxOfApp) -> Response:
    """List the faults that are still to show."""
    items = [fault_json(fault) for fault in inbox.faults.in_force()]
    return JSONResponse({"items": items, "next_cursor": None})


@router.delete("/faults", tags=["Faults"], status_code=204)
async def clear_faults(inbox: InboxOfApp) -> None:
    """End every fault."""
    inbox.faults.clear()


@router.get("/idle", tags=["State"])
async def wait_until_idle(
    inbox: InboxOfApp, timeout_s: Annotated[float, Query(ge=0, le=IDLE_WAIT_S_MAX)] = 5
) -> Response:
    """Answer 200 once no call-back is pending, 503 when that takes longer than `timeout_s`."""
    at_rest = await inbox.callbacks.idle(timeout_s=timeout_s)
    return JSONResponse({"pending_callbacks": inbox.callbacks.pending}, status_code=200 if at_rest else 503)


@router.get("/counts", tags=["State"])
async def counts(inbox: InboxOfApp) -> dict[str, Any]:
    """Count since the start: taken, refused by a fault, call-backs delivered and given up."""
    mailbox, callbacks = inbox.mailbox, inbox.callbacks
    return {
        "received": {channel: mailbox.received[channel] for channel in Channel},
        "refused": {channel: mailbox.refused[channel] for channel in Channel},
        "kept": len(mailbox),
        "callbacks": {
            "pending": callbacks.pending,
            "delivered": callbacks.delivered,
            "given_up": callbacks.given_up,
        },
    }


@router.get("/healthz", tags=["State"])
async def healthz() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "ok"}


@router.get("/readyz", tags=["State"])
async def readyz(inbox: InboxOfApp) -> Response:
    """Say whether both servers listen."""
    ready = inbox.smtp_listening
    return JSONResponse({"status": "ready" if ready else "starting"}, status_code=200 if ready else 503)
