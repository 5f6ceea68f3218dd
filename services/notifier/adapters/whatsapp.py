"""WhatsApp by Meta's Cloud API: approved utility templates, our words as their parameters (providers.md 1.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from notifier.adapters.formatting import language_of
from notifier.adapters.http_outcomes import TIMEOUT_S, by_status, call, json_object, vendor_client
from notifier.domain.delivery import Status
from notifier.domain.message import Message
from notifier.domain.outcome import (
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

_RETRY: Final = {
    **dict.fromkeys("1 2 131000 131016 131057".split(), Scope.RECIPIENT),
    **dict.fromkeys("4 80007 130429".split(), Scope.ACCOUNT),
    "131056": Scope.RECIPIENT,
    "131048": Scope.SENDER,
}
_DEAD_NUMBER: Final = frozenset("131026 131021 131050".split())
# Our templates or credentials are at fault: nobody else's message will fare better.
_CONFIG: Final = frozenset(
    "0 3 10 190 131005 131031 131042 133010 132000 132001 132005 132007 132012 132015 132016".split()
)

STATUSES: Final = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "failed": Status.FAILED,
}


@dataclass(frozen=True, slots=True)
class WhatsAppAccount:
    """Where and as whom to send."""

    base_url: str
    phone_number_id: str
    token: str
    api_version: str = "v23.0"
    template_prefix: str = "velvet_message"
    """The approved templates are called ``<prefix>_<number of body parameters>``."""


class WhatsApp:
    """Sends one template message per call; there is no look-up, only the call-back tells what became of it."""

    name = "whatsapp"
    is_repeatable = False
    answers_look_ups_at_once = False

    def __init__(self, account: WhatsAppAccount, *, timeout_s: float = TIMEOUT_S) -> None:
        self._account = account
        self._client = vendor_client(account.base_url, timeout_s=timeout_s)
        self._path = f"/{account.api_version}/{quote(account.phone_number_id, safe='')}/messages"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, message: Message) -> Outcome:
        """Send the template; 200 with a wamid means taken."""
        headers = {"Authorization": f"Bearer {self._account.token}"}
        answer = await call(self._client, self._path, headers=headers, json=self._body(message))
        if not isinstance(answer, httpx.Response):
            return answer
        body = json_object(answer)
        if answer.status_code == 200:
            named = body.get("messages")
            first = named[0] if isinstance(named, list) and named and isinstance(named[0], dict) else {}
            wamid = str(first.get("id") or "")
            return Accepted(wamid) if wamid else Ambiguous("NO_WAMID")
        return classify(answer, body=body)

    async def look_up(self, message: Message) -> LookUp:
        """Say that nothing can be told: only the call-back, which carries our own id, tells more."""
        del message
        return CannotTell()

    def _body(self, message: Message) -> dict[str, Any]:
        parts = message.rendered.parts or (message.rendered.text,)
        parameters = [{"type": "text", "text": " ".join(part.split())} for part in parts]
        return {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.recipient.address.lstrip("+"),
            "type": "template",
            "biz_opaque_callback_data": message.contact_id,
            "template": {
                "name": f"{self._account.template_prefix}_{len(parts)}",
                "language": {"policy": "deterministic", "code": language_of(message.language)},
                "components": [{"type": "body", "parameters": parameters}],
            },
        }


def classify(answer: httpx.Response, *, body: Mapping[str, Any]) -> Outcome:
    """Read a refusal: Meta's code first, the HTTP status where the code says nothing to us."""
    error = body.get("error")
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    reason = f"WHATSAPP_{code}" if code else ""
    if code in _RETRY:
        by_http = by_status(answer, code=reason)
        after_s = by_http.after_s if isinstance(by_http, Retry) else None
        return Retry(reason, after_s=after_s, scope=_RETRY[code])
    if code in _CONFIG or (code.isdigit() and 200 <= int(code) <= 299):
        return ConfigError(reason)
    if code in _DEAD_NUMBER:
        return Permanent(reason, suppress=Suppress.CHANNEL)
    return by_status(answer, code=reason)


def is_dead_number(code: str) -> bool:
    """Say whether a delivery error means that this number cannot be reached on WhatsApp."""
    return code in _DEAD_NUMBER
