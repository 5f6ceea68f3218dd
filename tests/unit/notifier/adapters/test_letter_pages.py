"""Where a letter on paper breaks: an ending is never alone on its sheet, the common letter is one sheet."""

from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from notifier.adapters.letter_pdf import letter_pdf
from notifier.adapters.paper import FONT_PT
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


CONSUMERS_ADDRESS = "Fatima el Idrissi\nDorpsstraat 1\n3511 AB  Utrecht\nNEDERLAND"


def _pages(
    kind: str, *, language: str, invoices: int, address: str = ADDRESS, vat_deductible: bool = True
) -> tuple[list[str], Document]:
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
    party = Party(creditor=replace(a_creditor(), vat_deductible=vat_deductible), customer=customer)
    rendered = TemplateRenderer().message(command, party=party, now=NOON)
    assert rendered.document is not None
    message = a_message("LETTER", recipient=to(address, channel="LETTER"), rendered=rendered, registered=True)
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


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    ("address", "vat_deductible"), [(ADDRESS, True), (CONSUMERS_ADDRESS, True), (CONSUMERS_ADDRESS, False)]
)
def test_a_fourteen_day_letter_about_one_invoice_is_one_sheet_with_all_that_the_law_asks_for(
    language: str, address: str, *, vat_deductible: bool
) -> None:
    pages, document = _pages(
        "fourteen-day-letter", language=language, invoices=1, address=address, vat_deductible=vat_deductible
    )
    assert len(pages) == 2
    for text in (*document.opening, *document.after, *document.closing):
        assert " ".join(text.split()) in pages[1]
    for _, value in document.payment:
        assert value in pages[1]
    assert "+31 20 123 4567" in pages[1].partition(document.sign_off)[2]
    assert FONT_PT >= 10
