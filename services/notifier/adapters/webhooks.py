"""What vendors and the mail system call back with, read into the notifier's words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from chassis.kernel.errors import Rejected
from notifier.adapters import twilio, whatsapp
from notifier.adapters.signatures import is_same_secret, is_signed_by_hub, is_signed_by_twilio
from notifier.domain.delivery import Status
from notifier.domain.reports import Reply, StatusReport
from notifier.usecases.ports import CallBack, NotSigned

Reports = list[StatusReport | Reply]
STOP: Final = "STOP"


class TwilioWebhook:
    """Delivery statuses and answers by SMS; signed over the configured public address, never over Host."""

    def __init__(self, *, public_url: str, auth_token: str, allow_unsigned: bool) -> None:
        self._public_url = public_url
        self._auth_token = auth_token
        self._allow_unsigned = allow_unsigned and not auth_token

    def read(self, call_back: CallBack) -> Reports:
        """Read one form; raises NotSigned."""
        form = parse_qsl(call_back.body.decode("utf-8", errors="replace"), keep_blank_values=True)
        self._check(call_back, form)
        values = {name: _kept(value) for name, value in form}
        status = values.get("MessageStatus") or values.get("SmsStatus") or ""
        if status == "received":
            return [_sms_reply(values)]
        if status not in twilio.STATUSES:
            return []
        code = values.get("ErrorCode", "")
        return [
            StatusReport(
                status=twilio.STATUSES[status],
                provider_message_id=values.get("MessageSid", ""),
                contact_id=call_back.query.get("d", ""),
                reason=f"TWILIO_{code}" if code else status.upper(),
                is_address_dead=twilio.is_dead_number(code),
            )
        ]

    def challenge(self, query: Mapping[str, str]) -> str:
        """Refuse: Twilio asks for none."""
        del query
        raise NotSigned

    def _check(self, call_back: CallBack, form: Sequence[tuple[str, str]]) -> None:
        settings = call_back.headers.get("x-twilio-webhooks-signature-settings", "")
        if settings and "HMAC_SHA1" not in settings:
            # A shared key of an algorithm that this service was not given.
            raise NotSigned
        if self._allow_unsigned:
            return
        signature = call_back.headers.get("x-twilio-signature", "")
        url = f"{self._public_url}{call_back.path}"
        if call_back.raw_query:
            url = f"{url}?{call_back.raw_query}"
        if not self._auth_token or not is_signed_by_twilio(
            url, form, signature=signature, auth_token=self._auth_token
        ):
            raise NotSigned


def _sms_reply(values: Mapping[str, str]) -> Reply:
    sender = values.get("From", "")
    channel = "WHATSAPP" if sender.startswith("whatsapp:") else "SMS"
    return Reply(
        channel=channel,
        address=sender.removeprefix("whatsapp:"),
        text=values.get("Body", ""),
        provider_message_id=values.get("MessageSid", ""),
    )


class WhatsAppWebhook:
    """Delivery statuses and answers on WhatsApp, in batches; signed over the raw bytes."""

    def __init__(self, *, app_secret: str, verify_token: str, allow_unsigned: bool) -> None:
        self._app_secret = app_secret
        self._verify_token = verify_token
        self._allow_unsigned = allow_unsigned and not app_secret

    def read(self, call_back: CallBack) -> Reports:
        """Read one batch; raises NotSigned, or Rejected for what is no JSON object."""
        signature = call_back.headers.get("x-hub-signature-256", "")
        if not self._allow_unsigned and not (
            self._app_secret
            and is_signed_by_hub(call_back.body, signature=signature, app_secret=self._app_secret)
        ):
            raise NotSigned
        reports: Reports = []
        for value in _changes(_object(call_back.body)):
            reports += [_status(item) for item in _objects(value.get("statuses")) if _is_known(item)]
            reports += [_whatsapp_reply(item) for item in _objects(value.get("messages"))]
        return reports

    def challenge(self, query: Mapping[str, str]) -> str:
        """Answer Meta's question whether this address is ours; raises NotSigned."""
        shown = query.get("hub.verify_token", "")
        if query.get("hub.mode") != "subscribe" or not is_same_secret(shown, self._verify_token):
            raise NotSigned
        return query.get("hub.challenge", "")


def _changes(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    changes = [change for entry in _objects(body.get("entry")) for change in _objects(entry.get("changes"))]
    return [change["value"] for change in changes if isinstance(change.get("value"), dict)]


def _is_known(item: Mapping[str, Any]) -> bool:
    return str(item.get("status")) in whatsapp.STATUSES


def _status(item: Mapping[str, Any]) -> StatusReport:
    errors = _objects(item.get("errors"))
    code = str(errors[0].get("code", "")) if errors else ""
    return StatusReport(
        status=whatsapp.STATUSES[str(item["status"])],
        provider_message_id=str(item.get("id") or ""),
        contact_id=str(item.get("biz_opaque_callback_data") or ""),
        reason=f"WHATSAPP_{code}" if code else "FAILED",
        is_address_dead=whatsapp.is_dead_number(code),
    )


def _whatsapp_reply(item: Mapping[str, Any]) -> Reply:
    text, context, button = item.get("text"), item.get("context"), item.get("button")
    words = text.get("body") if isinstance(text, dict) else None
    if words is None and isinstance(button, dict):
        words = button.get("text")
    return Reply(
        channel="WHATSAPP",
        address="+" + str(item.get("from") or ""),
        text=str(words or ""),
        provider_message_id=str(item.get("id") or ""),
        in_reply_to=str(context.get("id") or "") if isinstance(context, dict) else "",
    )


_MAIL_STATUSES: Final = {
    "BOUNCED": Status.FAILED,
    "COMPLAINED": Status.FAILED,
    "DELIVERED": Status.DELIVERED,
}


class EmailWebhook:
    """Bounces, answers and opt-outs, as the mail system tells them in JSON with our bearer secret."""

    def __init__(self, *, secret: str, allow_unsigned: bool) -> None:
        self._secret = secret
        self._allow_unsigned = allow_unsigned and not secret

    def read(self, call_back: CallBack) -> Reports:
        """Read one notice; raises NotSigned, or Rejected naming the field."""
        scheme, _, shown = call_back.headers.get("authorization", "").partition(" ")
        is_ours = scheme.lower() == "bearer" and is_same_secret(shown.strip(), self._secret)
        if not self._allow_unsigned and not is_ours:
            raise NotSigned
        notice = _object(call_back.body)
        kind = str(notice.get("kind", "")).upper()
        message_id = str(notice.get("provider_message_id") or "").strip("<>")
        if kind in _MAIL_STATUSES:
            status = _MAIL_STATUSES[kind]
            is_dead = status is Status.FAILED
            report = StatusReport(status, message_id, reason=kind if is_dead else "", is_address_dead=is_dead)
            return [report]
        if kind not in {"REPLIED", "OPTED_OUT"}:
            raise Rejected(
                "one of BOUNCED, COMPLAINED, DELIVERED, REPLIED, OPTED_OUT is needed", field="kind"
            )
        text = STOP if kind == "OPTED_OUT" else str(notice.get("text") or "")
        recipient = str(notice.get("recipient") or "")
        return [Reply("EMAIL", recipient, text, in_reply_to=message_id)]

    def challenge(self, query: Mapping[str, str]) -> str:
        """Refuse: a mail system asks for none."""
        del query
        raise NotSigned


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = _kept(json.loads(body))
    except RecursionError:
        raise Rejected("the body is nested too deeply") from None
    except ValueError as error:
        raise Rejected("the body is not JSON") from error
    if not isinstance(value, dict):
        raise Rejected("the body must be a JSON object")
    return value


def _kept(value: Any) -> Any:
    """Return ``value`` with every text as the database can keep it: without NUL and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {name: _kept(item) for name, item in value.items()}
    return [_kept(item) for item in value] if isinstance(value, list) else value


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
