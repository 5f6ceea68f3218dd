"""Letters as PDF: into a folder that somebody prints from, or to a letter service over HTTP; a letter's id makes both idempotent."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import httpx

from notifier.adapters.http_outcomes import TIMEOUT_S, by_status, call, vendor_client
from notifier.domain.message import Message
from notifier.domain.outcome import Accepted, ConfigError, LookUp, Outcome, Permanent, Repeatable


class LetterFolder:
    """Writes ``<letter_id>.pdf`` and beside it ``<letter_id>.json``, the slip that says how to post it."""

    name = "folder"
    is_repeatable = True
    answers_look_ups_at_once = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: Message) -> Outcome:
        """Write the letter; written again it is still one letter."""
        try:
            content = _pdf_of(message)
        except ValueError:
            return Permanent("LETTER_INVALID")
        try:
            await asyncio.to_thread(self._write, message, content)
        except OSError as error:
            return ConfigError(f"FOLDER_{type(error).__name__}")
        return Accepted(message.contact_id)

    async def look_up(self, message: Message) -> LookUp:
        """Say that the letter may simply be written again."""
        del message
        return Repeatable()

    def _write(self, message: Message, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        slip = json.dumps(_slip(message), ensure_ascii=False, indent=2).encode()
        for name, data in ((f"{message.contact_id}.pdf", content), (f"{message.contact_id}.json", slip)):
            # Written beside its place and then moved there: nobody ever prints half a letter.
            partial = self._folder / f".{name}.partial"
            partial.write_bytes(data)
            partial.replace(self._folder / name)


class LetterService:
    """Posts the letter to a service that prints it; the letter's id makes a repeated call harmless."""

    name = "letters"
    is_repeatable = True
    answers_look_ups_at_once = False

    def __init__(self, base_url: str, *, token: str = "", timeout_s: float = TIMEOUT_S) -> None:
        self._client = vendor_client(base_url, timeout_s=timeout_s)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, message: Message) -> Outcome:
        """Order the letter: 201 is new, 200 was there already; both are accepted."""
        try:
            content = _pdf_of(message)
        except ValueError:
            return Permanent("LETTER_INVALID")
        order = {
            **_slip(message),
            "text": message.rendered.text,
            "pdf": base64.b64encode(content).decode("ascii"),
        }
        answer = await call(self._client, "/letters", headers=self._headers, json=order)
        if not isinstance(answer, httpx.Response):
            return answer
        return Accepted(message.contact_id) if answer.status_code in {200, 201} else by_status(answer)

    async def look_up(self, message: Message) -> LookUp:
        """Say that the letter may simply be ordered again."""
        del message
        return Repeatable()


def _pdf_of(message: Message) -> bytes:
    """Set the letter; raises ValueError when it cannot be set.

    The library is loaded with the first letter: it takes thirty megabytes and half a second, and a creditor
    who writes mails alone never needs it.
    """
    from notifier.adapters.letter_pdf import letter_pdf  # noqa: PLC0415

    return letter_pdf(message)


def _slip(message: Message) -> dict[str, Any]:
    return {
        "letter_id": message.contact_id,
        "registered": message.registered,
        "address": message.recipient.address.splitlines(),
        "subject": message.rendered.subject,
    }
