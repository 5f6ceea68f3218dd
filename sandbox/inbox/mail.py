"""Reads an e-mail as a person would see it: text, HTML, headers, attachments."""

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart

from sandbox.inbox.messages import Attachment


@dataclass(frozen=True, slots=True)
class Mail:
    """The readable parts of a mail; `message_id` comes without its brackets and is empty where there is none."""

    message_id: str
    sender: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    attachments: tuple[Attachment, ...]


def read_mail(content: bytes) -> Mail:
    """Parse a mail, however odd; nothing in it makes this fail."""
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    text_part = parsed.get_body(("plain",))
    html_part = parsed.get_body(("html",))
    return Mail(
        message_id=str(parsed.get("Message-ID", "")).strip().removeprefix("<").removesuffix(">"),
        sender=str(parsed.get("From", "")),
        subject=str(parsed.get("Subject", "")),
        # Mail cannot say whether its text ended with a line break, so the canonical text has none.
        text=_text_of(text_part).rstrip("\n") if text_part else "",
        html=_text_of(html_part) if html_part else "",
        headers=_headers_of(parsed),
        attachments=_attachments_of(parsed, bodies=(text_part, html_part)),
    )


def _headers_of(parsed: EmailMessage) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in parsed.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else str(value)
    return headers


def _text_of(part: MIMEPart) -> str:
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    try:
        text = content.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        text = content.decode("utf-8", errors="replace")
    return text.replace("\r\n", "\n")


def _attachments_of(
    parsed: EmailMessage, *, bodies: tuple[MIMEPart | None, MIMEPart | None]
) -> tuple[Attachment, ...]:
    parts = [part for part in parsed.walk() if not part.is_multipart() and part not in bodies]
    return tuple(
        Attachment(
            name=part.get_filename() or f"part-{position}",
            media_type=part.get_content_type(),
            content=_bytes_of(part),
        )
        for position, part in enumerate(parts, start=1)
    )


def _bytes_of(part: MIMEPart) -> bytes:
    raw = part.get_payload(decode=True)
    return raw if isinstance(raw, bytes) else b""
