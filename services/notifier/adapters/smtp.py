"""E-mail over SMTP: every failure mapped by what the server can have taken (providers.md 1.1)."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from notifier.adapters.mail_log import MailLog
from notifier.adapters.mail_message import build_mail, message_id
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
    Suppress,
)

CONNECTIONS_MAX: Final = 10
IDLE_S_MAX: Final = 20.0
TIMEOUT_S: Final = 20.0
"""For the envelope as a whole, its wait for a free connection included, and again for the mail itself: together
well within the lease of a row."""

_MAILBOX_FULL: Final = "5.2.2"
_AUTH_CODES: Final = frozenset({530, 534, 535, 538})
# The words were refused, not the address: somebody should look, and the address stays in use.
_POLICY_CODES: Final = frozenset({554, 552})


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where to send, from ``smtp://user:password@host:port`` (``smtps`` for TLS from the start)."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    use_tls: bool = False
    start_tls: bool | None = None
    """None: when the server offers it; True (``?starttls=required``): never without."""

    @classmethod
    def of(cls, url: str) -> "SmtpServer":
        """Read the address; raises ValueError with a sentence when it is none."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("must be like smtp://user:password@host:587 or smtps://…")
        is_tls = parts.scheme == "smtps"
        required = parse_qs(parts.query).get("starttls", [""])[0] == "required"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if is_tls else 25),
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            use_tls=is_tls,
            start_tls=False if is_tls else (True if required else None),
        )


class SmtpMail:
    """Sends over a few kept connections; what a refused connection or a 4yz says is retried, never a lost answer."""

    name = "smtp"
    is_repeatable = False
    answers_look_ups_at_once = False

    def __init__(
        self,
        server: SmtpServer,
        *,
        tag_replies: bool = True,
        timeout_s: float = TIMEOUT_S,
        log: MailLog | None = None,
    ) -> None:
        self._server = server
        self._log = log
        self._tag_replies = tag_replies
        self._slots = asyncio.Semaphore(CONNECTIONS_MAX)
        self._idle: list[tuple[SMTP, float]] = []
        self._timeout_s = timeout_s

    async def close(self) -> None:
        """Close the kept connections."""
        for client, _ in self._idle:
            client.close()
        self._idle.clear()

    async def send(self, message: Message) -> Outcome:
        """Hand one mail to the server; accepted means that the server has taken responsibility for it."""
        sender = message.creditor.sender_email
        if not sender:
            return ConfigError("NO_SENDER")
        try:
            content = build_mail(message, sender=sender, tag_replies=self._tag_replies)
        except ValueError:
            return Permanent("ADDRESS_INVALID", suppress=Suppress.ADDRESS)
        outcome = await self._in_turn(sender, message.recipient.address, content)
        own_id = message_id(message, sender=sender)
        if isinstance(outcome, Ambiguous):
            return Ambiguous(outcome.reason, own_id)
        return outcome or Accepted(own_id)

    async def look_up(self, message: Message) -> LookUp:
        """Ask the relay's log, where there is one; SMTP itself offers no look-up."""
        if self._log is None:
            return CannotTell()
        own_id = message_id(message, sender=message.creditor.sender_email)
        return await self._log.find(own_id, to=message.recipient.address)

    async def _in_turn(self, sender: str, recipient: str, content: bytes) -> Outcome | None:
        """Wait for a connection; the wait counts as time of the envelope, for the row's lease runs already."""
        until_s = asyncio.get_running_loop().time() + self._timeout_s
        try:
            async with asyncio.timeout_at(until_s):
                await self._slots.acquire()
        except TimeoutError as error:
            return Retry(type(error).__name__)
        try:
            return await self._deliver(sender, recipient, content, until_s=until_s)
        finally:
            self._slots.release()

    async def _deliver(
        self, sender: str, recipient: str, content: bytes, *, until_s: float
    ) -> Outcome | None:
        """Return None when the mail was taken; ``until_s`` by the loop's clock is the end of the envelope.

        Both halves are bounded as a whole, whatever the server takes for its single answers: a mail that
        sets out when the lease of its row is over may be somebody else's by then, and go twice.
        """
        opened: list[SMTP] = []
        try:
            async with asyncio.timeout_at(until_s):
                reached = await self._reach(sender, recipient, opened=opened)
        except TimeoutError as error:
            for client in opened:
                client.close()
            return Retry(type(error).__name__)
        return reached if isinstance(reached, Outcome) else await self._finish(*reached, content)

    async def _reach(
        self, sender: str, recipient: str, *, opened: list[SMTP]
    ) -> tuple[SMTP, Outcome | None] | Outcome:
        """Come as far as the envelope, over a kept connection or a new one; nothing of the mail is out yet."""
        client = self._take_idle()
        if client is not None:
            opened.append(client)
            try:
                return client, await self._envelope(client, sender, recipient)
            except (SMTPException, OSError):
                # A kept connection that died in the meantime: nothing was sent, so a fresh one may try.
                client.close()
        try:
            client = await self._connect()
            opened.append(client)
            return client, await self._envelope(client, sender, recipient)
        except SMTPAuthenticationError as error:
            return ConfigError(f"SMTP_{error.code}")
        except SMTPResponseException as error:
            return Retry(f"SMTP_{error.code}") if error.code < 500 else ConfigError(f"SMTP_{error.code}")
        except (SMTPException, OSError, ValueError) as error:
            return Retry(type(error).__name__)

    async def _connect(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            username=server.username or None,
            password=server.password or None,
            local_hostname="notifier.velvet",
            timeout=self._timeout_s,
        )
        try:
            await client.connect()
        except SMTPHeloError as error:
            raise SMTPConnectError(str(error.message)) from error
        return client

    async def _envelope(self, client: SMTP, sender: str, recipient: str) -> Outcome | None:
        """Name sender and recipient; returns the refusal, if any. Nothing of the mail is out yet."""
        is_ascii = sender.isascii() and recipient.isascii()
        options = [] if is_ascii else ["SMTPUTF8"]
        encoding = "ascii" if is_ascii else "utf-8"
        if not is_ascii and not client.supports_extension("smtputf8"):
            return Permanent("SMTPUTF8_UNSUPPORTED")
        try:
            await client.mail(sender, options=options, encoding=encoding)
            await client.rcpt(recipient, encoding=encoding)
        except SMTPSenderRefused as error:
            return _sender_refused(error)
        except SMTPRecipientRefused as error:
            return by_code(error.code, str(error.message), is_recipient=True)
        return None

    async def _finish(self, client: SMTP, refusal: Outcome | None, content: bytes) -> Outcome | None:
        if refusal is not None:
            await self._keep(client)
            return refusal
        try:
            async with asyncio.timeout(self._timeout_s):
                await client.data(content)
        except SMTPDataError as error:
            await self._keep(client)
            return by_code(error.code, str(error.message), is_recipient=error.code in {550, 551, 553})
        except (SMTPException, OSError) as error:
            # After DATA: whether the server kept the mail, nobody can say.
            client.close()
            return Ambiguous(type(error).__name__)
        await self._keep(client, is_clean=True)
        return None

    def _take_idle(self) -> SMTP | None:
        while self._idle:
            client, since_s = self._idle.pop()
            if client.is_connected and time.monotonic() - since_s < IDLE_S_MAX:
                return client
            client.close()
        return None

    async def _keep(self, client: SMTP, *, is_clean: bool = False) -> None:
        try:
            if not is_clean:
                await client.rset()
        except (SMTPException, OSError):
            client.close()
            return
        if client.is_connected:
            self._idle.append((client, time.monotonic()))


def by_code(code: int, text: str, *, is_recipient: bool) -> Outcome:
    """Classify an SMTP reply (RFC 5321, enhanced codes RFC 3463)."""
    reason = f"SMTP_{code}"
    if code in _AUTH_CODES:
        return ConfigError(reason)
    if code < 500 or _MAILBOX_FULL in text:
        return Retry(reason)
    if code in _POLICY_CODES and not is_recipient:
        return Permanent(reason)
    return Permanent(reason, suppress=Suppress.ADDRESS)


def _sender_refused(error: SMTPSenderRefused) -> Outcome:
    reason = f"SMTP_{error.code}"
    # Our own address is at fault: no other mail of ours will fare better.
    return Retry(reason) if error.code < 500 else ConfigError(reason)
