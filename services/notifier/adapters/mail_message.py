"""Builds the e-mail itself: both texts, and the headers that proof and threading rest on (providers.md 1.1)."""

import re
from email import policy
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from typing import Any, Final

from typing_extensions import override

from chassis.kernel.ids import derived_id
from notifier.adapters.tidy import one_line
from notifier.domain.message import Message

_UTF8: Final = Charset("utf-8")
_UTF8.body_encoding = QP


class _AsGiven(policy.Compat32):
    """Writes headers as they are given: they are made safe here, at a tenth of the time."""

    @override
    def fold(self, name: str, value: Any) -> str:
        """Return the header's line."""
        return f"{name}: {value}{self.linesep}"

    @override
    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the header's line as bytes: ASCII, by what is written above."""
        return self.fold(name, value).encode("ascii")


_POLICY: Final = _AsGiven(linesep="\r\n", max_line_length=None)
# In quoted-printable "=" stands before two digits only, so this can begin no line of ours.
_BOUNDARY: Final = "=_velvet"
_ADDRESS: Final = re.compile(r"[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f]+@[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f]+")
# A reader decodes what looks like an encoded word, line breaks within it too: such a text is encoded itself.
_ENCODED: Final = "=?"
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


def message_id(message: Message, *, sender: str) -> str:
    """Return the Message-ID without its brackets: our own id, so that many receivers collapse duplicates."""
    return f"{message.contact_id}@{sender.rpartition('@')[2]}"


def build_mail(message: Message, *, sender: str, tag_replies: bool) -> bytes:
    """Build the mail; the same message gives the same bytes. Raises ValueError for an address that is none."""
    creditor = message.creditor
    domain = sender.rpartition("@")[2]
    reply_to = creditor.reply_address or sender
    thread = f"<{derived_id('thread', creditor.creditor_id, message.customer_id)}@{domain}>"
    mail = MIMEMultipart("alternative", boundary=_BOUNDARY, policy=_POLICY)
    for name, value in (
        ("From", _mailbox(creditor.sender_name or creditor.shown_name, sender)),
        ("To", _mailbox(message.recipient.name, message.recipient.address)),
        ("Subject", _words(message.rendered.subject)),
        ("Date", format_datetime(message.at)),
        ("Message-ID", f"<{message_id(message, sender=sender)}>"),
        ("References", thread),
        ("In-Reply-To", thread),
        ("Reply-To", _mailbox("", tagged(reply_to, tag=message.contact_id) if tag_replies else reply_to)),
        ("Auto-Submitted", "auto-generated"),
    ):
        mail[name] = value
    mail.attach(_part(message.rendered.text, subtype="plain"))
    if message.rendered.html:
        mail.attach(_part(message.rendered.html, subtype="html"))
    return mail.as_bytes(policy=_POLICY)


def tagged(address: str, *, tag: str) -> str:
    """Add a sub-address (RFC 5233): ``ar@acme.example`` becomes ``ar+<tag>@acme.example``."""
    local, at, domain = address.rpartition("@")
    return f"{local}+{tag}{at}{domain}" if local else address


def _part(text: str, *, subtype: str) -> MIMEText:
    part = MIMEText("", subtype, policy=_POLICY)
    del part["Content-Transfer-Encoding"]
    part.set_payload(text, _UTF8)
    return part


def _mailbox(name: str, address: str) -> str:
    """Write ``name <address>``; raises ValueError for an address that is none."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError("this is no e-mail address")
    shown = " ".join(one_line(name).split())
    if not shown:
        return address
    if _ATOMS.fullmatch(shown) and _ENCODED not in shown:
        return f"{shown} <{address}>"
    if shown.isascii() and shown.isprintable() and _ENCODED not in shown:
        escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{_words(shown)} <{address}>"


def _words(text: str) -> str:
    """Write free text as a header: one line, encoded words where it is more than plain ASCII."""
    line = " ".join(one_line(text).split())
    if line.isascii() and line.isprintable() and _ENCODED not in line:
        return line
    return Header(line, "utf-8").encode(linesep="\r\n")
