"""Where a letter on paper breaks: an ending is never alone on its sheet, the common letter is one sheet."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from notifier.adapters.letter_pdf import letter_pdf
from notifier.adapters.templates import TemplateRenderer
from notifier.domain.message import Document
from notifier.domain.parties import Party
from tests.unit.notifier.builders import (
    NOON,
    a_command,
    a_contact,
    a_creditor,
    a_customer,
    a_message,
    an_invoice,
    to,
)

ADDRESS = "Bouwbedrijf Jansen & Zonen B.V.\nt.a.v. Jan Jansen\nDorpsstraat 1\n3511 AB  Utrecht\nNEDERLAND"
KINDS = ("last-notice", "formal-letter", "friendly-reminder", "fourteen-day-letter")


def _pages(kind: str, *, language: str, invoices: int) -> tuple[list[str], Document]:
    consumer = kind == "fourteen-day-letter"
    customer = a_customer(kind="CONSUMER", contacts=(a_contact(name=""),)) if consumer else a_customer()
    command = a_command(
        template=kind,
        channel="LETTER",
        tone="FORMAL",
        language=language,
        registered=True,
        is_fourteen_day_letter=consumer,
        invoices=tuple(an_invoice(f"2026-{n:04}", order_reference="PO-7731") for n in range(invoices)),
    )
    party = Party(creditor=a_creditor(), customer=customer)
    rendered = TemplateRenderer().message(command, party=party, now=NOON)
    assert rendered.document is not None
    message = a_message("LETTER", recipient=to(ADDRESS, channel="LETTER"), rendered=rendered, registered=True)
    pages = [page.extract_text() for page in PdfReader(BytesIO(letter_pdf(message))).pages]
    return [" ".join(page.split()) for page in pages], rendered.document


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_last_paragraph_and_the_signature_stand_on_one_sheet(kind: str, language: str) -> None:
    for invoices in (1, 2, 3, 4, 6, 9):
        pages, document = _pages(kind, language=language, invoices=invoices)
        ending = " ".join((document.closing[-1], document.sign_off, *document.signature))
        assert " ".join(ending.split()) in pages[-1], f"{invoices} invoices"


@pytest.mark.parametrize("kind", ["last-notice", "formal-letter", "friendly-reminder"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_letter_about_one_invoice_is_one_sheet_behind_its_address(kind: str, language: str) -> None:
    pages, _ = _pages(kind, language=language, invoices=1)
    assert len(pages) == 2
