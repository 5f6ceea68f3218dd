"""The SMTP server: takes mail as a relay would, and fails as one."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.inbox.faults import Fault
from sandbox.inbox.inbox import Inbox
from sandbox.inbox.mail import read_mail
from sandbox.inbox.messages import Channel, Draft, Message

MAIL_BYTES_MAX = 32 * 1024 * 1024
SMTP_HOSTNAME = "inbox.localhost"
# Reply codes that a relay gives at the end of DATA; a fault with one of these is passed on as it is.
SMTP_REPLIES = {
    421: "421 4.3.2 Service not available, closing transmission channel",
    450: "450 4.2.1 Mailbox unavailable",
    451: "451 4.3.0 Requested action aborted: local error in processing",
    452: "452 4.3.1 Insufficient system storage",
    550: "550 5.1.1 Mailbox unavailable",
    551: "551 5.1.6 User not local",
    552: "552 5.2.2 Mailbox full",
    553: "553 5.1.3 Mailbox name not allowed",
    554: "554 5.7.1 Transaction failed",
}


def smtp_reply(status: int) -> str:
    """Return the SMTP reply for a fault's status: an SMTP code as it is, an HTTP status by its meaning."""
    if status in SMTP_REPLIES:
        return SMTP_REPLIES[status]
    temporary = status >= 500 or status in {408, 425, 429}
    return SMTP_REPLIES[451 if temporary else 550]


class MailDoor:
    """Handles the end of DATA, where a relay takes or refuses a mail."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    # The three names are aiosmtpd's.
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail or fail as told; the reply is the SMTP answer to DATA."""
        del session
        fault = self._inbox.meet(Channel.EMAIL)
        if fault and fault.refusal:
            return await self._refuse(server, fault=fault, status=fault.refusal)
        kept = self._keep(envelope)
        await asyncio.sleep(fault.delay_s if fault else 0)
        if fault and fault.drop_after_accepting:
            await _hang_up(server)
        return f"250 2.0.0 OK queued as {kept[0].number}"

    async def _refuse(self, server: SMTP, *, fault: Fault, status: int) -> str:
        await asyncio.sleep(fault.delay_s)
        reply = smtp_reply(status)
        if reply.startswith("421"):
            await server.push(reply)
            await _hang_up(server)
        return reply

    def _keep(self, envelope: Envelope) -> list[Message]:
        content = bytes(envelope.original_content or b"")
        mail = read_mail(content)
        message_id = mail.message_id or self._inbox.mailbox.next_id("mail", content.decode("latin-1"))
        return [
            self._inbox.mailbox.keep(
                Draft(
                    channel=Channel.EMAIL,
                    to=recipient,
                    provider_message_id=message_id,
                    sender=mail.sender or (envelope.mail_from or ""),
                    subject=mail.subject,
                    text=mail.text,
                    html=mail.html,
                    headers=mail.headers,
                    attachments=mail.attachments,
                )
            )
            for recipient in envelope.rcpt_tos
        ]


async def _hang_up(server: SMTP) -> None:
    """Close the connection; losing it cancels the handler, so nothing more is said."""
    if server.transport is not None:
        server.transport.close()
    await asyncio.Event().wait()


async def listen(inbox: Inbox, *, host: str, port: int) -> asyncio.Server:
    """Start the SMTP server; raises OSError where the port is taken."""
    loop = asyncio.get_running_loop()
    door = MailDoor(inbox)

    def connection() -> SMTP:
        return SMTP(
            door, data_size_limit=MAIL_BYTES_MAX, enable_SMTPUTF8=True, hostname=SMTP_HOSTNAME, loop=loop
        )

    return await loop.create_server(connection, host=host, port=port)
