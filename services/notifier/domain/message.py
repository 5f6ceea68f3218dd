"""A message ready to go: what every provider adapter gets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from notifier.domain.parties import Creditor, Recipient

SMS_SEGMENTS_MAX: Final = 2
"""More than two parts cost more than they say: the short texts are written to fit."""

# GSM 03.38: the basic alphabet, and the extension table, whose characters count twice.
_GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION: Final = frozenset("^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One line of the invoice list, formatted for its reader."""

    number: str
    issued_on: str
    due_on: str
    amount: str
    open: str
    details: tuple[tuple[str, str], ...] = ()
    """Label and value of what some invoices have: a reference, an order number, a link."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A message in its parts, so that plain text, HTML and paper say the same."""

    language: str
    greeting: str
    opening: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[InvoiceRow, ...]
    total_label: str
    totals: tuple[str, ...]
    also_heading: str
    also: tuple[InvoiceRow, ...]
    after: tuple[str, ...]
    pay_heading: str
    payment: tuple[tuple[str, str], ...]
    """Label and value; empty: the payment details are on the invoice, as ``after`` says."""
    closing: tuple[str, ...]
    sign_off: str
    signature: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LetterHead:
    """What a letter has and a mail has not."""

    place_and_date: str
    subject_label: str
    registered_mark: str
    sender_label: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """The words of a message."""

    subject: str
    text: str
    html: str = ""
    """E-mail only."""
    document: Document | None = None
    """E-mail and letters: the text in its parts."""
    head: LetterHead | None = None
    """Letters only."""
    parts: tuple[str, ...] = ()
    """WhatsApp only: the parameters of the approved template, in order; joined they are ``text``."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a provider is asked to bring: words, recipient, sender, and its own name for ever."""

    contact_id: str
    recipient: Recipient
    creditor: Creditor
    rendered: Rendered
    template: str
    language: str
    at: datetime
    """The present instant by the service's clock, UTC."""
    not_after: datetime
    customer_id: str
    registered: bool = False
    provider_call_at: datetime | None = None
    """Machine time of an earlier call, for look-ups."""


def sms_segments(text: str) -> int:
    """Return how many parts an SMS takes (GSM 03.38: 160 or 153 septets; otherwise UCS-2: 70 or 67)."""
    if all(character in _GSM_BASIC or character in _GSM_EXTENSION for character in text):
        septets = sum(2 if character in _GSM_EXTENSION else 1 for character in text)
        return 1 if septets <= 160 else -(-septets // 153)
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= 70 else -(-units // 67)


def plain_gsm(text: str) -> str:
    """Replace typographic characters that would make an SMS cost double; letters stay as they are."""
    return text.translate(_TYPOGRAPHY)


_TYPOGRAPHY: Final = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."}
)
