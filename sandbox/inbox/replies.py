"""Sends the notifier what a customer answers: SMS, WhatsApp message, mail reply, bounce or opt-out."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from sandbox.inbox.callbacks import CallBack
from sandbox.inbox.inbox import Inbox, InboxOfApp
from sandbox.inbox.messages import Channel, Draft, address_key
from sandbox.inbox.problems import problem
from sandbox.inbox.twilio import signed_form
from sandbox.inbox.whatsapp import BUSINESS_NUMBER, metadata, webhook

STOP_WORD = "STOP"

REPLY_TRIES_MAX = 3
router = APIRouter(tags=["Replies"])


class MailKind(StrEnum):
    """What can come back on a mail."""

    BOUNCED = "BOUNCED"
    REPLIED = "REPLIED"
    OPTED_OUT = "OPTED_OUT"


class ReplyOrder(BaseModel):
    """An answer to a message that the inbox keeps, or out of the blue from an address on a channel."""

    model_config = ConfigDict(populate_by_name=True)

    provider_message_id: str = ""
    channel: Channel | None = None
    sender: str = Field(default="", alias="from")
    text: str = ""
    kind: MailKind | None = Field(
        default=None, description="E-mail alone; absent: REPLIED, for STOP OPTED_OUT."
    )


@router.post("/replies")
async def send_reply(order: ReplyOrder, inbox: InboxOfApp) -> Response:
    """Send one inbound webhook to the notifier and tell how it answered; 502 when it did not take it."""
    original = _original(order, inbox)
    if isinstance(original, Response):
        return original
    if not inbox.settings.notifier_url:
        return problem(
            409, title="No notifier", detail="VELVET_NOTIFIER_URL is not set, so nobody can be told."
        )
    callback = _webhook(order, inbox=inbox, original=original)
    if callback is None:
        detail = f"A {original.channel.lower()} message has no way back; reply to EMAIL, SMS or WHATSAPP."
        return problem(422, title="Not valid", detail=detail)
    # A person waits for the answer: three tries, not the patience of a status call-back.
    status = await inbox.callbacks.post(callback, tries_max=REPLY_TRIES_MAX)
    taken = status is not None and status < 300
    body = {"url": callback.url, "status": status, "taken": taken}
    return JSONResponse(body, status_code=200 if taken else 502)


def _original(order: ReplyOrder, inbox: Inbox) -> Draft | Response:
    if order.provider_message_id:
        message = inbox.mailbox.find_by_id(order.provider_message_id)
        if message is None:
            detail = f"provider_message_id: {order.provider_message_id} is not among the messages kept."
            return problem(404, title="No such message", detail=detail)
        return message.draft
    if order.channel is None or not order.sender:
        detail = "provider_message_id: give it, or give both channel and from."
        return problem(422, title="Not valid", detail=detail)
    return Draft(channel=order.channel, to=order.sender, provider_message_id="")


def _webhook(order: ReplyOrder, *, inbox: Inbox, original: Draft) -> CallBack | None:
    match original.channel:
        case Channel.SMS:
            return _sms(order, inbox=inbox, original=original)
        case Channel.WHATSAPP:
            return _whatsapp(order, inbox=inbox, original=original)
        case Channel.EMAIL:
            return _mail(order, inbox=inbox, original=original)
        case Channel.CALL | Channel.LETTER:
            return None


def _sms(order: ReplyOrder, *, inbox: Inbox, original: Draft) -> CallBack:
    sid = "SM" + inbox.mailbox.next_id("reply", original.to, order.text)
    parameters = {
        "AccountSid": original.headers.get("AccountSid") or inbox.settings.twilio_account_sid,
        "ApiVersion": "2010-04-01",
        "Body": order.text,
        "From": original.to,
        "MessageSid": sid,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "To": original.sender or f"+{BUSINESS_NUMBER}",
    }
    url = f"{inbox.settings.notifier_url}/v1/webhooks/twilio"
    return signed_form(url=url, parameters=parameters, settings=inbox.settings)


def _whatsapp(order: ReplyOrder, *, inbox: Inbox, original: Draft) -> CallBack | None:
    digits = address_key(original.to)
    message: dict[str, Any] = {
        "from": digits,
        "id": "wamid." + inbox.mailbox.next_id("reply", digits, order.text),
        "timestamp": str(int(datetime.now(UTC).timestamp())),
        "type": "text",
        "text": {"body": order.text},
    }
    if original.provider_message_id:
        message["context"] = {"from": BUSINESS_NUMBER, "id": original.provider_message_id}
    phone_number_id = original.sender or inbox.settings.whatsapp_phone_number_id
    value = {
        "metadata": metadata(phone_number_id),
        "contacts": [{"profile": {"name": original.to}, "wa_id": digits}],
        "messages": [message],
    }
    return webhook(value=value, settings=inbox.settings)


def _mail(order: ReplyOrder, *, inbox: Inbox, original: Draft) -> CallBack:
    opted_out = order.text.strip().upper() == STOP_WORD
    body = {
        "kind": order.kind or (MailKind.OPTED_OUT if opted_out else MailKind.REPLIED),
        "provider_message_id": original.provider_message_id,
        "recipient": original.to,
        "text": order.text,
    }
    url = f"{inbox.settings.notifier_url}/v1/webhooks/email"
    return CallBack(url=url, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
