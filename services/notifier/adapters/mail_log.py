"""A relay's log of what it took, where it has one: the only way to learn what became of a mail after a crash."""

from typing import Final

import httpx

from notifier.adapters.http_outcomes import json_object, vendor_client
from notifier.domain.outcome import Absent, Accepted, CannotTell, LookUp

PAGE: Final = 500
PAGES_MAX: Final = 40


class MailLog:
    """Reads ``GET <base>/messages?channel=EMAIL&to=…``: pages of ``{"items": [{"provider_message_id"}], "next_cursor"}``."""

    def __init__(self, base_url: str) -> None:
        self._client = vendor_client(base_url)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def find(self, message_id: str, *, to: str) -> LookUp:
        """Look for a mail by its Message-ID among those to one address."""
        query: dict[str, str] = {"channel": "EMAIL", "to": to, "limit": str(PAGE)}
        for _ in range(PAGES_MAX):
            try:
                answer = await self._client.get("/messages", params=query)
            except httpx.HTTPError:
                return CannotTell()
            page = json_object(answer)
            items = page.get("items")
            if answer.status_code != 200 or not isinstance(items, list):
                return CannotTell()
            if any(isinstance(i, dict) and i.get("provider_message_id") == message_id for i in items):
                return Accepted(message_id)
            if not page.get("next_cursor"):
                return Absent()
            query["cursor"] = str(page["next_cursor"])
        return CannotTell()
