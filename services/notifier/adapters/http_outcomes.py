"""Calls to vendors over HTTP, and what their answers mean before any vendor's own codes are read (providers.md 1.0)."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from notifier.domain.outcome import Ambiguous, ConfigError, Outcome, Permanent, Retry, Scope

IN_FLIGHT_MAX: Final = 10
TIMEOUT_S: Final = 15.0
CONNECT_TIMEOUT_S: Final = 5.0
ANSWER_BYTES_MAX: Final = 1_000_000

_RETRY_STATUSES: Final = frozenset({408, 425, 429})
# Nothing of the request has left us yet.
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


def vendor_client(
    base_url: str, *, auth: httpx.Auth | None = None, timeout_s: float = TIMEOUT_S
) -> httpx.AsyncClient:
    """Return a client for one vendor: bounded, timed, following no redirects."""
    return httpx.AsyncClient(
        base_url=base_url,
        auth=auth,
        timeout=httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
        # Idle connections are dropped early: one that the vendor closed first would look like a lost answer.
        limits=httpx.Limits(
            max_connections=IN_FLIGHT_MAX, max_keepalive_connections=IN_FLIGHT_MAX, keepalive_expiry=2.0
        ),
    )


async def call(
    client: httpx.AsyncClient, path: str, *, headers: Mapping[str, str] | None = None, **body: Any
) -> httpx.Response | Outcome:
    """POST once; returns the answer, or the outcome when there is none."""
    try:
        return await client.post(path, headers=headers, **body)
    except _NOT_SENT as error:
        return Retry(reason=type(error).__name__)
    except httpx.HTTPError as error:
        # The request, or part of it, is out: whether it was taken, nobody knows.
        return Ambiguous(reason=type(error).__name__)


def by_status(response: httpx.Response, *, code: str = "") -> Outcome:
    """Classify a refusal by its HTTP status; ``code`` is the vendor's own, kept as text."""
    status = response.status_code
    reason = code or f"HTTP_{status}"
    if status in _RETRY_STATUSES or status >= 500:
        scope = Scope.ACCOUNT if status == 429 else Scope.RECIPIENT
        return Retry(reason=reason, after_s=retry_after_s(response), scope=scope)
    if status in {401, 403}:
        return ConfigError(reason=reason)
    return Permanent(reason=reason)


def retry_after_s(response: httpx.Response) -> float | None:
    """Read Retry-After: seconds, or a date measured against the answer's own Date; None when absent or odd."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked)
    until, answered = _http_date(asked), _http_date(response.headers.get("Date", ""))
    if until is None or answered is None:
        return None
    return max((until - answered).total_seconds(), 0.0)


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    # A date without a zone cannot be compared with one that has one.
    return found if found.tzinfo is not None else None


def json_object(response: httpx.Response) -> dict[str, Any]:
    """Read a JSON object; anything else, or too much of it, reads as an empty one."""
    if len(response.content) > ANSWER_BYTES_MAX:
        return {}
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
