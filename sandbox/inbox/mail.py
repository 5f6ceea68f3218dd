"""Reads an e-mail as a person would see it: text, HTML, headers, attachments."""

import email
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

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
    # The library's old policy: it reads several times faster than the new one, and a replay sends thousands.
    parsed = email.message_from_bytes(content)
    leaves = [part for part in parsed.walk() if not part.is_multipart()]
    text_part = _first_body(leaves, content_type="text/plain")
    html_part = _first_body(leaves, content_type="text/html")
    headers = _headers_of(parsed)
    named = {name.lower(): value for name, value in headers.items()}
    return Mail(
        message_id=named.get("message-id", "").strip().removeprefix("<").removesuffix(">"),
        sender=named.get("from", ""),
        subject=named.get("subject", ""),
        # Mail cannot say whether its text ended with a line break, so the canonical text has none.
        text=_text_of(text_part).rstrip("\n") if text_part else "",
        html=_text_of(html_part) if html_part else "",
        headers=headers,
        attachments=tuple(
            _attachment(part, position=position)
            for position, part in enumerate((p for p in leaves if p not in (text_part, html_part)), start=1)
        ),
    )


def readable_header(raw: str) -> str:
    """Unfold a header and decode its encoded words; raw UTF-8 is taken as such."""
    unfolded = raw.replace("\r", "").replace("\n", "")
    if "=?" in unfolded:
        try:
            return str(make_header(decode_header(unfolded)))
        except (MessageError, LookupError, ValueError):
            return unfolded
    return unfolded.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _first_body(leaves: list[Message], *, content_type: str) -> Message | None:
    return next(
        (
            part
            for part in leaves
            if part.get_content_type() == content_type and part.get_content_disposition() != "attachment"
        ),
        None,
    )


def _headers_of(parsed: Message) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, raw in parsed.raw_items():
        value = readable_header(str(raw))
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _text_of(part: Message) -> str:
    content = _bytes_of(part)
    try:
        text = content.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        text = content.decode("utf-8", errors="replace")
    return text.replace("\r\n", "\n")


def _attachment(part: Message, *, position: int) -> Attachment:
    return Attachment(
        name=readable_header(part.get_filename() or f"part-{position}"),
        media_type=part.get_content_type(),
        content=_bytes_of(part),
    )


def _bytes_of(part: Message) -> bytes:
    raw = part.get_payload(decode=True)
    return raw if isinstance(raw, bytes) else b""
