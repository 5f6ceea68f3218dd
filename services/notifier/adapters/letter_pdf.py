"""Letters on paper: an address sheet for a window envelope, then the letter, as one PDF."""

from datetime import UTC
from typing import Final

from notifier.adapters.paper import LINE_MM, MARGIN_MM, Align, Cell, Paper, Place
from notifier.domain.message import Document, InvoiceRow, LetterHead, Message

# A Dutch C5/6 window stands 20 mm from the left and 50 mm from the top of the sheet.
WINDOW_LEFT_MM: Final = 25.0
WINDOW_TOP_MM: Final = 52.0
# The letter itself lies behind the address sheet, so its own address need not stand in the window.
LETTER_ADDRESS_TOP_MM: Final = 35.0
BELOW_ADDRESS_MM: Final = 6.5
ADDRESS_PT: Final = 10.5

_COLUMNS: Final[tuple[tuple[float, Align], ...]] = (
    (44.0, "LEFT"),
    (32.0, "LEFT"),
    (32.0, "LEFT"),
    (26.0, "RIGHT"),
    (26.0, "RIGHT"),
)


def letter_pdf(message: Message) -> bytes:
    """Write the letter; the same message gives the same bytes. Raises ValueError when it has no document."""
    document, head = message.rendered.document, message.rendered.head
    if document is None or head is None:
        raise ValueError("a letter needs its document and its head")
    creditor = message.creditor
    written = (
        message.rendered.text,
        message.rendered.subject,
        message.recipient.address,
        creditor.shown_name,
        *creditor.address.lines(),
    )
    paper = Paper(foot=message.contact_id, written="\n".join(written))
    paper.set_creation_date(message.at.astimezone(UTC))
    paper.set_title(message.rendered.subject)
    paper.set_author(creditor.shown_name)
    paper.set_lang(document.language)
    _address_sheet(paper, message, head=head)
    _letter(paper, message, document=document, head=head)
    return bytes(paper.output())


def _address_sheet(paper: Paper, message: Message, *, head: LetterHead) -> None:
    paper.new_sheet()
    creditor = message.creditor
    back = ", ".join((creditor.account_name, *creditor.address.lines()))
    at = Place(WINDOW_LEFT_MM, WINDOW_TOP_MM - 8)
    paper.line_of_text(f"{head.sender_label}: {back}", at=at, size_pt=7)
    _address(paper, message, head=head, top_mm=WINDOW_TOP_MM)


def _address(paper: Paper, message: Message, *, head: LetterHead, top_mm: float) -> float:
    """Write the address; returns where it ends."""
    lines = [(line, False) for line in message.recipient.address.splitlines()]
    marked = [(head.registered_mark, True), *lines] if head.registered_mark else lines
    for number, (line, bold) in enumerate(marked):
        at = Place(WINDOW_LEFT_MM, top_mm + number * LINE_MM)
        paper.line_of_text(line, at=at, size_pt=ADDRESS_PT, bold=bold)
    return top_mm + len(marked) * LINE_MM


def _letter(paper: Paper, message: Message, *, document: Document, head: LetterHead) -> None:
    paper.new_sheet()
    _letterhead(paper, message)
    paper.move_to(_address(paper, message, head=head, top_mm=LETTER_ADDRESS_TOP_MM) + BELOW_ADDRESS_MM)
    paper.paragraph(head.place_and_date)
    paper.paragraph(f"{head.subject_label}: {message.rendered.subject}", bold=True)
    for text in (document.greeting, *document.opening):
        paper.paragraph(text)
    _table(paper, document, rows=document.rows, totals=document.totals)
    if document.also:
        paper.paragraph(document.also_heading)
        _table(paper, document, rows=document.also, totals=())
    for text in document.after:
        paper.paragraph(text)
    _payment(paper, document)
    _ending(paper, document)


def _ending(paper: Paper, document: Document) -> None:
    """Write the closing; its last paragraph and the signature stay on one page, never a signature alone."""
    *before, last = document.closing
    for text in before:
        paper.paragraph(text)
    paper.keep_together(paper.height_mm((last, document.sign_off)) + LINE_MM * len(document.signature))
    for text in (last, document.sign_off):
        paper.paragraph(text)
    for line in document.signature:
        paper.paragraph(line, gap_mm=0)


def _letterhead(paper: Paper, message: Message) -> None:
    creditor = message.creditor
    paper.line_of_text(creditor.shown_name, at=Place(MARGIN_MM, 18), size_pt=15, bold=True)
    reach = (*creditor.address.lines(), creditor.phone, creditor.reply_address)
    shown = "  |  ".join(item for item in reach if item)
    paper.line_of_text(shown, at=Place(MARGIN_MM, 26), size_pt=8.5)


def _table(
    paper: Paper, document: Document, *, rows: tuple[InvoiceRow, ...], totals: tuple[str, ...]
) -> None:
    paper.table_row(_cells(document.columns), bold=True)
    for row in rows:
        paper.table_row(_cells((_described(row), row.issued_on, row.due_on, row.amount, row.open)))
    right_mm = sum(width for width, _ in _COLUMNS[3:])
    left_mm = sum(width for width, _ in _COLUMNS[:3])
    for total in totals:
        label = Cell(document.total_label, left_mm=MARGIN_MM, width_mm=left_mm)
        amount = Cell(total, left_mm=MARGIN_MM + left_mm, width_mm=right_mm, align="RIGHT")
        paper.table_row((label, amount), bold=True)
    paper.skip(4)


def _cells(texts: tuple[str, ...]) -> list[Cell]:
    cells, left_mm = [], MARGIN_MM
    for text, (width_mm, align) in zip(texts, _COLUMNS, strict=True):
        cells.append(Cell(text, left_mm=left_mm, width_mm=width_mm, align=align))
        left_mm += width_mm
    return cells


def _described(row: InvoiceRow) -> str:
    # A link is of no use on paper.
    references = (f"{label}: {value}" for label, value in row.details if value != row.url)
    return "\n".join((row.number, *references))


def _payment(paper: Paper, document: Document) -> None:
    if not document.payment:
        return
    paper.keep_together(LINE_MM * (len(document.payment) + 1))
    paper.paragraph(document.pay_heading, bold=True, gap_mm=0.5)
    for label, value in document.payment:
        paper.keep_together(LINE_MM)
        paper.label(label)
        paper.paragraph(value, gap_mm=0, left_mm=MARGIN_MM + 50)
    paper.skip(3)
