"""How money finds its invoice: references and invoice numbers in one normal form, and the keys they share."""

import re
from itertools import pairwise
from typing import Final

from invoices.domain.facts import CreditNote, Explicit, InvoiceFact, MoneyFact, Payment, Reversal, WriteOff

CANDIDATES_MAX: Final = 96
"""Words of one remittance text that are tried as invoice numbers; the rest is noise."""

SERIES_CHARS_MAX: Final = 12
"""Characters of the first word of an invoice number that is written with spaces."""

_DIGIT: Final = re.compile(r"[0-9]")
# A word runs on over a hyphen or underscore between two letters or digits and over a dot between two
# digits, so that 2026-0001 is not found in 2026-0001-5; a slash joins or parts, both readings are tried.
_WORD: Final = re.compile(r"[^\W_]+(?:(?:[-_/]|(?<=\d)\.(?=\d))[^\W_]+)*")
_CHUNK: Final = re.compile(r"[^\s,;:()\[\]]+")


def reference_key(reference: str) -> str:
    """Return a payment reference without spaces, in capitals ('' when there is none)."""
    return "".join(reference.split()).upper()


def number_key(number: str) -> str:
    """Return an invoice number in capitals with single spaces."""
    return " ".join(number.split()).upper()


def numbers_in(remittance: str) -> tuple[str, ...]:
    """Return what may be invoice numbers in a remittance text, in reading order, each once.

    A candidate is a whole word (free text, bank tags and punctuation may stand around it), a part of
    one between slashes, or two or three words that follow each other with one space between.
    """
    if not remittance:
        return ()
    text = remittance.upper()
    words = [match.group() for match in _WORD.finditer(text)]
    found = dict.fromkeys(match.group().strip(".!?'\"#/-") for match in _CHUNK.finditer(text))
    for word in words:
        found[word] = None
        parts = word.split("/")
        if len(parts) > 1:
            found.update(dict.fromkeys(parts))
            found.update(dict.fromkeys("/".join(pair) for pair in pairwise(parts)))
    for width in (2, 3):
        for start in range(len(words) - width + 1):
            first, *others = words[start : start + width]
            # A series such as INV before it, digits in all that follows: other prose is no number.
            if len(first) <= SERIES_CHARS_MAX and all(_DIGIT.search(word) for word in others):
                found[" ".join((first, *others))] = None
    found.pop("", None)
    return tuple(found)[:CANDIDATES_MAX]


def invoice_keys(fact: InvoiceFact) -> tuple[str, ...]:
    """Return the keys by which money can name this invoice."""
    number = id_key(fact.invoice_id)
    reference = reference_key(fact.payment_reference)
    return (number, f"R:{reference}") if reference else (number,)


def id_key(invoice_id: str) -> str:
    """Return the key of an invoice's own number, however it is named: by id or in a text."""
    return f"N:{number_key(invoice_id)}"


def money_keys(fact: MoneyFact, *, assigned: tuple[Explicit, ...] = ()) -> tuple[str, ...]:
    """Return the keys of the invoices (or of the payment) that this fact names, each once.

    ``assigned`` are shares that a person gave to invoices.
    """
    match fact:
        case Payment():
            explicit = (id_key(share.invoice_id) for share in (*fact.allocations, *assigned))
            reference = reference_key(fact.payment_reference)
            named = (f"R:{reference}",) if reference else ()
            numbers = (f"N:{number}" for number in numbers_in(fact.remittance))
            return tuple(dict.fromkeys((*explicit, *named, *numbers)))
        case CreditNote() | WriteOff():
            return (id_key(fact.invoice_id),) if fact.invoice_id else ()
        case Reversal():
            return (f"P:{fact.payment_id}",)
