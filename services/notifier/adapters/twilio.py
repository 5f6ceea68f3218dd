"""SMS by Twilio's Programmable Messaging API (providers.md 1.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from notifier.adapters.http_outcomes import TIMEOUT_S, by_status, call, json_object, vendor_client
from notifier.domain.delivery import Status
from notifier.domain.message import Message
from notifier.domain.outcome import (
    Absent,
    Accepted,
    Ambiguous,
    CannotTell,
    ConfigError,
    LookUp,
    Outcome,
    Permanent,
    Retry,
    Scope,
    Suppress,
)

VALIDITY_S_MIN: Final = 10
VALIDITY_S_MAX: Final = 36_000
SENDER_CHARACTERS_MAX: Final = 11

# Decisions use codes, never words (providers.md 1.0); all of them are kept as text.
_CONFIG: Final = frozenset("20003 20008 21408 21606 21612 21603 21660 21701 30034".split())
_RETRY: Final = {"20429": Scope.ACCOUNT, "14107": Scope.SENDER, "30001": Scope.ACCOUNT, "63018": Scope.SENDER}
_DEAD_NUMBER: Final = frozenset("21211 21214 21217 21614 21635 30004 30005 30006 63024".split())
_OPTED_OUT: Final = frozenset({"21610"})

STATUSES: Final = {
    "accepted": Status.ACCEPTED,
    "scheduled": Status.ACCEPTED,
    "queued": Status.ACCEPTED,
    "sending": Status.ACCEPTED,
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "partially_delivered": Status.DELIVERED,
    "read": Status.READ,
    "undelivered": Status.FAILED,
    "failed": Status.FAILED,
    "canceled": Status.FAILED,
}


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Where and as whom to send."""

    base_url: str
    account_sid: str
    auth_token: str
    sender: str = ""
    """A number or name; empty: the creditor's name, as far as it fits."""
    messaging_service_sid: str = ""
    public_url: str = ""
    """The notifier's own address as Twilio sees it, for call-backs."""


class TwilioSms:
    """Sends one SMS per call; Twilio has no idempotency key, so a lost answer is looked up by recipient and text."""

    name = "twilio"
    is_repeatable = False
    answers_look_ups_at_once = True

    def __init__(self, account: TwilioAccount, *, timeout_s: float = TIMEOUT_S) -> None:
        self._account = account
        auth = httpx.BasicAuth(account.account_sid, account.auth_token)
        self._client = vendor_client(account.base_url, auth=auth, timeout_s=timeout_s)
        self._path = f"/2010-04-01/Accounts/{quote(account.account_sid, safe='')}/Messages.json"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, message: Message) -> Outcome:
        """Create the message; 201 means taken."""
        answer = await call(self._client, self._path, data=self._form(message))
        if not isinstance(answer, httpx.Response):
            return answer
        body = json_object(answer)
        if answer.status_code == 201:
            sid = str(body.get("sid") or "")
            return Accepted(sid) if sid else Ambiguous("NO_SID")
        return classify(answer, body=body)

    async def look_up(self, message: Message) -> LookUp:
        """Look for a message to this recipient with this text: found, absent, or no answer."""
        query = {"To": message.recipient.address, "PageSize": "200"}
        try:
            answer = await self._client.get(self._path, params=query)
        except httpx.HTTPError:
            return CannotTell()
        listed = json_object(answer).get("messages")
        if answer.status_code != 200 or not isinstance(listed, list):
            return CannotTell()
        same = [
            item for item in listed if isinstance(item, dict) and item.get("body") == message.rendered.text
        ]
        return Accepted(str(same[0].get("sid") or "")) if same else Absent()

    def _form(self, message: Message) -> dict[str, str]:
        account = self._account
        left_s = int((message.not_after - message.at).total_seconds())
        form = {
            "To": message.recipient.address,
            "Body": message.rendered.text,
            # An SMS that waits out an outage must not arrive at night (quiet hours).
            "ValidityPeriod": str(min(max(left_s, VALIDITY_S_MIN), VALIDITY_S_MAX)),
        }
        if account.messaging_service_sid:
            form["MessagingServiceSid"] = account.messaging_service_sid
        else:
            form["From"] = account.sender or sender_name(message.creditor.shown_name)
        if account.public_url:
            form["StatusCallback"] = f"{account.public_url}/v1/webhooks/twilio?d={quote(message.contact_id)}"
        return form


def sender_name(name: str) -> str:
    """Make an alphanumeric sender of a creditor's name: at most 11 characters, at least one letter."""
    plain = re.sub(r"[^A-Za-z0-9 ]", "", name).strip()[:SENDER_CHARACTERS_MAX].strip()
    return plain if re.search("[A-Za-z]", plain) else "Velvet"


def classify(answer: httpx.Response, *, body: Mapping[str, Any]) -> Outcome:
    """Read a refusal: Twilio's code first, the HTTP status where the code says nothing to us."""
    code = str(body.get("code") or "")
    reason = f"TWILIO_{code}" if code else ""
    if code in _CONFIG:
        return ConfigError(reason)
    if code in _RETRY:
        by_http = by_status(answer, code=reason)
        after_s = by_http.after_s if isinstance(by_http, Retry) else None
        return Retry(reason, after_s=after_s, scope=_RETRY[code])
    if code in _DEAD_NUMBER:
        return Permanent(reason, suppress=Suppress.ADDRESS)
    if code in _OPTED_OUT:
        return Permanent(reason, suppress=Suppress.CHANNEL)
    return by_status(answer, code=reason)


def is_dead_number(code: str) -> bool:
    """Say whether a delivery error means that the number must not be used again."""
    return code in _DEAD_NUMBER or code in _OPTED_OUT
