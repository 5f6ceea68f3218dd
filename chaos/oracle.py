"""The provider whose word is final: the sandbox's inbox with a log on disk of every call that it accepted."""

import os
import sqlite3
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from sandbox.inbox.__main__ import main
from sandbox.inbox.messages import Channel, Draft, Mailbox, Message

LOG_VARIABLE = "VELVET_INBOX_CALL_LOG"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS calls (number INTEGER PRIMARY KEY, at_s REAL NOT NULL, channel TEXT NOT NULL,"
    " action_key TEXT NOT NULL, provider_message_id TEXT NOT NULL, recipient TEXT NOT NULL, text TEXT NOT NULL)"
)
_SINCE = "SELECT number, at_s, channel, action_key, provider_message_id FROM calls WHERE number > ? ORDER BY number"


@dataclass(frozen=True, slots=True)
class Call:
    """One accepted call; ``at_s`` is wall time in seconds since 1970, ``action_key`` the contact's id."""

    number: int
    at_s: float
    channel: str
    action_key: str
    provider_message_id: str


def open_log(path: Path) -> sqlite3.Connection:
    """Open the log, made durable: an accepted call is on disk before its answer leaves."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(_TABLE)
    return connection


def calls_after(connection: sqlite3.Connection, number: int) -> list[Call]:
    """Return the calls with a higher number, in order of acceptance."""
    return [Call(*row) for row in connection.execute(_SINCE, (number,))]


def action_key(draft: Draft) -> str:
    """Return the contact's id as it travelled with the call."""
    if draft.channel is Channel.EMAIL:
        return draft.provider_message_id.partition("@")[0]
    if draft.channel is Channel.LETTER:
        return draft.provider_message_id
    if "biz_opaque_callback_data" in draft.headers:
        return draft.headers["biz_opaque_callback_data"]
    return parse_qs(urlsplit(draft.headers.get("StatusCallback", "")).query).get("d", [""])[0]


MESSAGES_KEPT_MAX: Final = 500_000
"""The judge reads the messages at the end: one that was forgotten would look lost. About 10 kB of memory each."""


class LoggedMailbox(Mailbox):
    """Keeps what it accepts in the log too, before anybody hears of it, and forgets nothing that a run can bring."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._log = open_log(path)
        # Numbers go on where the log ends: it outlives the process.
        self._last_number = self._log.execute("SELECT coalesce(max(number), 0) FROM calls").fetchone()[0]

    @override
    def keep(self, draft: Draft) -> Message:
        message = super().keep(draft)
        self._log.execute(
            "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                message.number,
                time.time(),
                draft.channel.value,
                action_key(draft),
                draft.provider_message_id,
                draft.to,
                draft.text,
            ),
        )
        return message

    @override
    def _is_too_full(self) -> bool:
        return len(self._messages) > MESSAGES_KEPT_MAX


if __name__ == "__main__":
    sys.exit(main(mailbox=LoggedMailbox(Path(os.environ[LOG_VARIABLE]))))
