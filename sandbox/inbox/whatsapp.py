"""Plays the WhatsApp Cloud API: takes template and text messages and reports their delivery status."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.inbox.callbacks import CallBack, Step
from sandbox.inbox.inbox import Acceptance, Inbox, InboxOfApp, answer
from sandbox.inbox.messages import Channel, Draft, Message, address_key
from sandbox.inbox.requests import BodyError, read_json_object
from sandbox.inbox.settings import InboxSettings
from sandbox.inbox.signatures import hub_signature, same_secret

BUSINESS_ACCOUNT_ID = "100000000000001"
BUSINESS_NUMBER = "31850000000"

router = APIRouter(tags=["WhatsApp"])

# HTTP status of a fault -> Graph's own code and words.
FAULT_CODES = {
    400: (131026, "Message undeliverable"),
    401: (190, "Invalid OAuth access token"),
    403: (10, "Application does not have permission for this action"),
    429: (130429, "Rate limit hit"),
    503: (131016, "Service unavailable"),
}


def graph_error(
    status: int, *, code: int | None = None, message: str | None = None, details: str = ""
) -> JSONResponse:
    """Build an error in the Graph API's shape."""
    usual_code, usual_message = FAULT_CODES.get(
        status, (131000, "Something went wrong") if status >= 500 else (100, "Invalid parameter")
    )
    shown_code = code or usual_code
    error = {
        "message": f"(#{shown_code}) {message or usual_message}",
        "type": "OAuthException",
        "code": shown_code,
        "is_transient": status >= 500 or status == 429,
        "error_data": {"messaging_product": "whatsapp", "details": details or message or usual_message},
        "fbtrace_id": "Avelvetsandboxinbox000",
    }
    return JSONResponse({"error": error}, status_code=status)


@router.post("/v{version}/{phone_number_id}/messages")
async def send_message(version: str, phone_number_id: str, request: Request, inbox: InboxOfApp) -> Response:
    """Take a message; any version of the Graph API is as good as another."""
    del version
    if not _may_enter(request, settings=inbox.settings):
        return graph_error(401)
    configured = inbox.settings.whatsapp_phone_number_id
    if configured and phone_number_id != configured:
        details = f"Object with ID '{phone_number_id}' does not exist or cannot be loaded"
        return graph_error(400, code=100, message="Unsupported post request", details=details)
    try:
        sent = await read_json_object(request)
        draft = _draft(sent, phone_number_id=phone_number_id)
    except BodyError as error:
        return graph_error(400, code=100, message="Invalid parameter", details=str(error))

    def accept() -> Acceptance:
        return _accept(inbox, draft=draft, sent=sent)

    return await answer(inbox, channel=Channel.WHATSAPP, accept=accept, refuse=graph_error)


def readable_text(template: dict[str, Any]) -> str:
    """Render a template's parameters as a person would read them: one paragraph per header or body parameter."""
    paragraphs = [
        parameter_text(parameter)
        for kind in ("header", "body")
        for component in _objects(template.get("components"))
        if str(component.get("type")).lower() == kind
        for parameter in _objects(component.get("parameters"))
    ]
    return "\n\n".join(filter(None, paragraphs)) or str(template.get("name", ""))


def parameter_text(parameter: dict[str, Any]) -> str:
    """Return what the reader sees of one parameter: its text, or the fallback of an amount or a date."""
    kind = str(parameter.get("type", ""))
    value = parameter.get(kind)
    if isinstance(value, dict):
        return str(value.get("fallback_value") or value.get("filename") or value.get("link") or "")
    return "" if value is None else str(value)


def webhook(*, value: dict[str, Any], settings: InboxSettings) -> CallBack | None:
    """Build a signed webhook to the notifier; None where no notifier is known."""
    if not settings.notifier_url:
        return None
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", **value}}
    payload = {
        "object": "whatsapp_business_account",
        "entry": [{"id": BUSINESS_ACCOUNT_ID, "changes": [change]}],
    }
    body = json.dumps(payload).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
    if settings.whatsapp_app_secret:
        headers["X-Hub-Signature-256"] = hub_signature(body=body, app_secret=settings.whatsapp_app_secret)
    return CallBack(url=f"{settings.notifier_url}/v1/webhooks/whatsapp", body=body, headers=headers)


def metadata(phone_number_id: str) -> dict[str, str]:
    """Return the block that says which business number a webhook is about."""
    return {"display_phone_number": BUSINESS_NUMBER, "phone_number_id": phone_number_id}


def _accept(inbox: Inbox, *, draft: Draft, sent: dict[str, Any]) -> Acceptance:
    digest = inbox.mailbox.next_id("whatsapp", json.dumps(sent, sort_keys=True))
    wamid = "wamid." + base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")
    message = inbox.mailbox.keep(replace(draft, provider_message_id=wamid))
    response = JSONResponse(
        {
            "messaging_product": "whatsapp",
            "contacts": [{"input": str(sent["to"]), "wa_id": address_key(draft.to)}],
            "messages": [{"id": wamid, "message_status": "accepted"}],
        }
    )
    return Acceptance(message, response, steps=_steps(message, inbox.settings))


def _steps(message: Message, settings: InboxSettings) -> Sequence[Step]:
    headers = message.draft.headers
    steps = []
    # Vendors may leave out what lies between; one call-back tells all there is to tell.
    for status in ("delivered",):
        entry: dict[str, Any] = {
            "id": message.draft.provider_message_id,
            "status": status,
            "timestamp": str(int(message.received_at.timestamp())),
            "recipient_id": address_key(message.draft.to),
        }
        if "biz_opaque_callback_data" in headers:
            entry["biz_opaque_callback_data"] = headers["biz_opaque_callback_data"]
        value = {"metadata": metadata(headers["phone_number_id"]), "statuses": [entry]}
        steps.append(Step(status, webhook(value=value, settings=settings)))
    return steps


def _draft(sent: dict[str, Any], *, phone_number_id: str) -> Draft:
    digits = address_key(str(sent.get("to", "")))
    if sent.get("messaging_product") != "whatsapp":
        raise BodyError("messaging_product must be 'whatsapp'.")
    if not digits.isascii() or not digits.isdigit():
        raise BodyError("to must be a phone number.")
    text, headers = _content(sent)
    headers["phone_number_id"] = phone_number_id
    if "biz_opaque_callback_data" in sent:
        headers["biz_opaque_callback_data"] = str(sent["biz_opaque_callback_data"])
    return Draft(
        channel=Channel.WHATSAPP,
        # Shown in E.164, as the other phone channels show theirs.
        to=f"+{digits}",
        provider_message_id="",
        sender=phone_number_id,
        text=text,
        headers=headers,
    )


def _content(sent: dict[str, Any]) -> tuple[str, dict[str, str]]:
    kind = str(sent.get("type", "text"))
    body = sent.get(kind)
    if kind == "text" and isinstance(body, dict) and body.get("body"):
        return str(body["body"]), {"type": "text"}
    if kind == "template" and isinstance(body, dict) and body.get("name"):
        language = body.get("language")
        if not isinstance(language, dict) or not language.get("code"):
            raise BodyError("template.language.code is required.")
        headers = {"type": "template", "template": str(body["name"]), "language": str(language["code"])}
        return readable_text(body), {**headers, **_buttons(body)}
    raise BodyError("type must be 'template' with template.name, or 'text' with text.body.")


def _buttons(template: dict[str, Any]) -> dict[str, str]:
    return {
        f"button_{component.get('index', '0')}": ", ".join(
            map(parameter_text, _objects(component.get("parameters")))
        )
        for component in _objects(template.get("components"))
        if str(component.get("type")).lower() == "button"
    }


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _may_enter(request: Request, *, settings: InboxSettings) -> bool:
    if not settings.whatsapp_token:
        return True
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and same_secret(token, settings.whatsapp_token)
