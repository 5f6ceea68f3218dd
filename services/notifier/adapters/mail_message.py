"""Builds the e-mail itself: both texts, and the headers that proof and threading rest on (providers.md 1.1)."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from chassis.kernel.ids import derived_id
from notifier.domain.message import Message


def message_id(message: Message, *, sender: str) -> str:
    """Return the Message-ID without its brackets: our own id, so that many receivers collapse duplicates."""
    return f"{message.contact_id}@{sender.rpartition('@')[2]}"


def build_mail(message: Message, *, sender: str, tag_replies: bool) -> EmailMessage:
    """Build the mail; the same message gives the same bytes."""
    creditor = message.creditor
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(creditor.sender_name or creditor.shown_name, sender)
    mail["To"] = _address(message.recipient.name, message.recipient.address)
    mail["Subject"] = " ".join(message.rendered.subject.split())
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message_id(message, sender=sender)}>"
    thread = f"<{derived_id('thread', creditor.creditor_id, message.customer_id)}@{domain}>"
    mail["References"] = thread
    mail["In-Reply-To"] = thread
    reply_to = creditor.reply_address or sender
    mail["Reply-To"] = tagged(reply_to, tag=message.contact_id) if tag_replies else reply_to
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.rendered.text, cte="quoted-printable")
    if message.rendered.html:
        mail.add_alternative(message.rendered.html, subtype="html", cte="quoted-printable")
        # The library's own boundary is random; a replay must give the same bytes.
        mail.set_boundary(f"=_velvet_{message.contact_id}")
    return mail


def tagged(address: str, *, tag: str) -> str:
    """Add a sub-address (RFC 5233): ``ar@acme.example`` becomes ``ar+<tag>@acme.example``."""
    local, at, domain = address.rpartition("@")
    return f"{local}+{tag}{at}{domain}" if local else address


def _address(name: str, spec: str) -> Address:
    shown = " ".join(name.split())
    return Address(display_name=shown, addr_spec=spec)
