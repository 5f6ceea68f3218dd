"""Plays Twilio's Programmable Messaging: sends, looks up, and calls back with the delivery status."""

import base64
import binascii
from collections.abc import Sequence
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.inbox.callbacks import CallBack, Step
from sandbox.inbox.inbox import Acceptance, Inbox, InboxOfApp, answer
from sandbox.inbox.messages import Channel, Draft, Message, address_key
from sandbox.inbox.requests import read_form
from sandbox.inbox.settings import InboxSettings
from sandbox.inbox.signatures import same_secret, twilio_signature

SMS_CHARACTERS_MAX = 1600
SEGMENT_CHARACTERS = 153
PAGE_SIZE_MAX = 1000

router = APIRouter(prefix="/2010-04-01/Accounts/{account_sid}", tags=["Twilio"])

# HTTP status of a fault -> Twilio's own code and words.
FAULT_CODES = {
    400: (21211, "The 'To' number is not a valid phone number."),
    401: (20003, "Authenticate"),
    403: (20003, "Permission Denied"),
    404: (20404, "The requested resource was not found"),
    429: (20429, "Too Many Requests"),
    503: (20503, "Service Unavailable"),
}


def twilio_error(status: int, code: int | None = None, message: str | None = None) -> JSONResponse:
    """Build an error in Twilio's shape."""
    usual_code, usual_message = FAULT_CODES.get(
        status, (20500, "An internal server error has occurred") if status >= 500 else (20001, "Bad request")
    )
    body = {
        "code": code or usual_code,
        "message": message or usual_message,
        "more_info": f"https://www.twilio.com/docs/errors/{code or usual_code}",
        "status": status,
    }
    return JSONResponse(body, status_code=status)


@router.post("/Messages.json")
async def create_message(account_sid: str, request: Request, inbox: InboxOfApp) -> Response:
    """Take an SMS; a `To` that starts with whatsapp: is kept as WhatsApp."""
    if not _may_enter(request, account_sid=account_sid, settings=inbox.settings):
        return twilio_error(401)
    form = await read_form(request)
    if complaint := _complaint(form):
        return twilio_error(400, *complaint)
    to_whatsapp = form["To"].startswith("whatsapp:")

    def accept() -> Acceptance:
        return _accept(inbox, form=form, account_sid=account_sid)

    return await answer(
        inbox,
        channel=Channel.WHATSAPP if to_whatsapp else Channel.SMS,
        accept=accept,
        refuse=twilio_error,
    )


@router.get("/Messages.json")
async def list_messages(account_sid: str, request: Request, inbox: InboxOfApp) -> Response:
    """List messages, newest first, by To and From.

    DateSent is accepted and does not filter: the sender's clock is the sandbox's, which the inbox does not know.
    """
    if not _may_enter(request, account_sid=account_sid, settings=inbox.settings):
        return twilio_error(401)
    query = request.query_params
    size_text = query.get("PageSize", "50")
    if not size_text.isascii() or not size_text.isdigit() or not 1 <= int(size_text) <= PAGE_SIZE_MAX:
        return twilio_error(400, 20006, f"PageSize must be from 1 to {PAGE_SIZE_MAX}.")
    found = [
        message_resource(message)
        for message in inbox.mailbox.newest_first(None)
        if _is_twilio(message)
        and _matches(query.get("To"), message.draft.to)
        and _matches(query.get("From"), message.draft.sender)
    ]
    uri = request.url.path
    return JSONResponse(
        {
            "messages": found[: int(size_text)],
            "page": 0,
            "page_size": int(size_text),
            "start": 0,
            "end": max(0, min(len(found), int(size_text)) - 1),
            "uri": uri,
            "first_page_uri": uri,
            "next_page_uri": None,
            "previous_page_uri": None,
        }
    )


@router.get("/Messages/{sid}.json")
async def fetch_message(account_sid: str, sid: str, request: Request, inbox: InboxOfApp) -> Response:
    """Return one message with its latest status."""
    if not _may_enter(request, account_sid=account_sid, settings=inbox.settings):
        return twilio_error(401)
    message = inbox.mailbox.find_by_id(sid)
    if message is None or not _is_twilio(message):
        return twilio_error(404)
    return JSONResponse(message_resource(message))


def message_resource(message: Message) -> dict[str, Any]:
    """Build Twilio's message resource."""
    draft, account_sid = message.draft, message.draft.headers["AccountSid"]
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{draft.provider_message_id}"
    instant = format_datetime(message.received_at)
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": draft.text,
        "date_created": instant,
        "date_sent": None if message.status == "queued" else instant,
        "date_updated": instant,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": draft.sender or None,
        "messaging_service_sid": draft.headers.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": str(-(-len(draft.text) // SEGMENT_CHARACTERS)),
        "price": None,
        "price_unit": None,
        "sid": draft.provider_message_id,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": draft.to,
        "uri": f"{uri}.json",
    }


def signed_form(*, url: str, parameters: dict[str, str], settings: InboxSettings) -> CallBack:
    """Build a form call-back signed as Twilio signs it (unsigned where no auth token is set)."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "TwilioProxy/1.1"}
    if settings.twilio_auth_token:
        headers["X-Twilio-Signature"] = twilio_signature(
            url=url, parameters=parameters, auth_token=settings.twilio_auth_token
        )
    return CallBack(url=url, body=urlencode(parameters).encode(), headers=headers)


def _accept(inbox: Inbox, *, form: dict[str, str], account_sid: str) -> Acceptance:
    to = form["To"].removeprefix("whatsapp:")
    status_callback = form.get("StatusCallback", "")
    sid = "SM" + inbox.mailbox.next_id("twilio", to, form["Body"], urlsplit(status_callback).query)
    extras = {name: value for name, value in form.items() if name not in {"To", "Body"}}
    message = inbox.mailbox.keep(
        Draft(
            channel=Channel.WHATSAPP if to != form["To"] else Channel.SMS,
            to=to,
            provider_message_id=sid,
            sender=form.get("From", ""),
            text=form["Body"],
            headers={**extras, "AccountSid": account_sid},
        )
    )
    message.status = "queued"
    response = JSONResponse(message_resource(message), status_code=201)
    return Acceptance(message, response, steps=_steps(message, inbox.settings))


def _steps(message: Message, settings: InboxSettings) -> Sequence[Step]:
    url = message.draft.headers.get("StatusCallback")
    steps = []
    # Vendors may leave out what lies between; one call-back tells all there is to tell.
    for status in ("delivered",):
        parameters = {
            "AccountSid": message.draft.headers["AccountSid"],
            "ApiVersion": "2010-04-01",
            "From": message.draft.sender,
            "MessageSid": message.draft.provider_message_id,
            "MessageStatus": status,
            "SmsSid": message.draft.provider_message_id,
            "SmsStatus": status,
            "To": message.draft.to,
        }
        steps.append(
            Step(status, signed_form(url=url, parameters=parameters, settings=settings) if url else None)
        )
    return steps


def _complaint(form: dict[str, str]) -> tuple[int, str] | None:
    to = form.get("To", "").removeprefix("whatsapp:")
    if not to:
        return 21604, "A 'To' phone number is required."
    if not (to.startswith("+") and to[1:].isascii() and to[1:].isdigit() and 8 <= len(to) <= 16):
        return 21211, f"The 'To' number {to} is not a valid phone number."
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return 21603, "A 'From' phone number is required."
    if not form.get("Body"):
        return 21602, "Message body is required."
    if len(form["Body"]) > SMS_CHARACTERS_MAX:
        return 21617, f"The concatenated message body exceeds the {SMS_CHARACTERS_MAX} character limit."
    return None


def _may_enter(request: Request, *, account_sid: str, settings: InboxSettings) -> bool:
    if settings.twilio_account_sid and not same_secret(account_sid, settings.twilio_account_sid):
        return False
    if not settings.twilio_auth_token:
        return True
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        credentials = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    user, _, password = credentials.partition(":")
    # An API key (SK…) may stand in for the account as the user name.
    known = same_secret(user, account_sid) or user.startswith("SK")
    return scheme.lower() == "basic" and known and same_secret(password, settings.twilio_auth_token)


def _is_twilio(message: Message) -> bool:
    return message.draft.provider_message_id.startswith("SM") and "AccountSid" in message.draft.headers


def _matches(wanted: str | None, actual: str) -> bool:
    return not wanted or address_key(wanted.removeprefix("whatsapp:")) == address_key(actual)
