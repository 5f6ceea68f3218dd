"""Letters on paper: an address sheet for a window envelope, then the letter, as one PDF."""

from datetime import UTC
from pathlib import Path
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace
from typing_extensions import override

from notifier.domain.message import Document, InvoiceRow, LetterHead, Message

MARGIN_MM: Final = 25.0
# A Dutch C5/6 window stands 20 mm from the left and 50 mm from the top of the sheet.
WINDOW_LEFT_MM: Final = 25.0
WINDOW_TOP_MM: Final = 52.0
LINE_MM: Final = 5.6
FONT_PT: Final = 10.5

_FONTS: Final = Path(__file__).parent / "fonts"
_BUILT_IN: Final = "Helvetica"
_EMBEDDED: Final = "DejaVu"
_BUILT_IN_ENCODING: Final = "cp1252"


class _Sheet(FPDF):
    """A page with a quiet foot: the letter's number and the page."""

    def __init__(self, *, foot: str) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self.face = _BUILT_IN

    @override
    def footer(self) -> None:
        """Write the foot; called by the library at the end of each page."""
        self.set_y(-15)
        self.set_font(self.face, size=8)
        self.set_text_color(110)
        self.cell(0, 5, f"{self._foot}  -  {self.page_no()}", align="R")
        self.set_text_color(0)


def letter_pdf(message: Message) -> bytes:
    """Write the letter; the same message gives the same bytes."""
    document, head = message.rendered.document, message.rendered.head
    if document is None or head is None:
        raise ValueError("a letter needs its document and its head")
    sheet = _Sheet(foot=message.contact_id)
    sheet.set_creation_date(message.at.astimezone(UTC))
    sheet.set_title(message.rendered.subject)
    sheet.set_author(message.creditor.shown_name)
    sheet.set_lang(document.language)
    sheet.set_margins(MARGIN_MM, MARGIN_MM)
    sheet.set_auto_page_break(auto=True, margin=22)
    _choose_font(sheet, message)
    _address_sheet(sheet, message, head=head)
    _letter(sheet, message, document=document, head=head)
    return bytes(sheet.output())


def _choose_font(sheet: _Sheet, message: Message) -> None:
    """Use a font that every reader has; embed one only for letters that it cannot write."""
    sheet.core_fonts_encoding = _BUILT_IN_ENCODING
    creditor = message.creditor
    written = "\n".join(
        (
            message.rendered.text,
            message.rendered.subject,
            message.recipient.address,
            creditor.shown_name,
            *creditor.address.lines(),
        )
    )
    try:
        written.encode(_BUILT_IN_ENCODING)
    except UnicodeEncodeError:
        sheet.add_font(_EMBEDDED, "", _FONTS / "DejaVuSans.ttf")
        sheet.add_font(_EMBEDDED, "B", _FONTS / "DejaVuSans-Bold.ttf")
        sheet.face = _EMBEDDED


def _address_sheet(sheet: _Sheet, message: Message, *, head: LetterHead) -> None:
    sheet.add_page()
    creditor = message.creditor
    back = ", ".join((creditor.account_name, *creditor.address.lines()))
    sheet.set_xy(WINDOW_LEFT_MM, WINDOW_TOP_MM - 9)
    _font(sheet, size=7)
    sheet.cell(90, 4, f"{head.sender_label}: {back}")
    _address(sheet, message, head=head)


def _address(sheet: _Sheet, message: Message, *, head: LetterHead) -> None:
    sheet.set_xy(WINDOW_LEFT_MM, WINDOW_TOP_MM - 2)
    if head.registered_mark:
        _font(sheet, bold=True)
        sheet.cell(90, LINE_MM, head.registered_mark, new_x=XPos.LEFT, new_y=YPos.NEXT)
    _font(sheet)
    for line in message.recipient.address.splitlines():
        sheet.cell(90, LINE_MM, line, new_x=XPos.LEFT, new_y=YPos.NEXT)


def _letter(sheet: _Sheet, message: Message, *, document: Document, head: LetterHead) -> None:
    sheet.add_page()
    _letterhead(sheet, message)
    _address(sheet, message, head=head)
    sheet.set_xy(MARGIN_MM, 96)
    _paragraph(sheet, head.place_and_date)
    _paragraph(sheet, f"{head.subject_label}: {message.rendered.subject}", bold=True)
    _paragraph(sheet, document.greeting)
    for text in document.opening:
        _paragraph(sheet, text)
    _table(sheet, document, rows=document.rows, totals=document.totals)
    if document.also:
        _paragraph(sheet, document.also_heading)
        _table(sheet, document, rows=document.also, totals=())
    for text in document.after:
        _paragraph(sheet, text)
    _payment(sheet, document)
    for text in document.closing:
        _paragraph(sheet, text)
    _signature(sheet, document)


def _letterhead(sheet: _Sheet, message: Message) -> None:
    creditor = message.creditor
    sheet.set_xy(MARGIN_MM, 18)
    _font(sheet, size=15, bold=True)
    sheet.cell(0, 7, creditor.shown_name, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    _font(sheet, size=8.5)
    reach = (*creditor.address.lines(), creditor.phone, creditor.reply_address)
    sheet.cell(0, 5, "  |  ".join(item for item in reach if item))


def _table(
    sheet: _Sheet, document: Document, *, rows: tuple[InvoiceRow, ...], totals: tuple[str, ...]
) -> None:
    _font(sheet, size=9.5)
    line = FontFace(emphasis="BOLD")
    with sheet.table(
        col_widths=(38, 34, 34, 27, 27),
        text_align=("LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT"),
        line_height=5,
        borders_layout="HORIZONTAL_LINES",
        headings_style=line,
        padding=1,
    ) as table:
        table.row(document.columns)
        for row in rows:
            table.row((_described(row), row.issued_on, row.due_on, row.amount, row.open))
        for total in totals:
            shown: Any = table.row(style=line)
            shown.cell(document.total_label, colspan=3)
            shown.cell(total, colspan=2, align="RIGHT")
    sheet.ln(4)


def _described(row: InvoiceRow) -> str:
    # A link is of no use on paper.
    references = (f"{label}: {value}" for label, value in row.details if value != row.url)
    return "\n".join((row.number, *references))


def _payment(sheet: _Sheet, document: Document) -> None:
    if not document.payment:
        return
    _paragraph(sheet, document.pay_heading, bold=True, gap_mm=0.5)
    _font(sheet)
    for label, value in document.payment:
        sheet.cell(50, LINE_MM, label)
        sheet.multi_cell(0, LINE_MM, value, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.ln(3)


def _signature(sheet: _Sheet, document: Document) -> None:
    _paragraph(sheet, document.sign_off)
    for line in document.signature:
        sheet.cell(0, LINE_MM, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _paragraph(sheet: _Sheet, text: str, *, bold: bool = False, gap_mm: float = 3.0) -> None:
    _font(sheet, bold=bold)
    sheet.multi_cell(0, LINE_MM, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.ln(gap_mm)


def _font(sheet: _Sheet, *, size: float = FONT_PT, bold: bool = False) -> None:
    sheet.set_font(sheet.face, style="B" if bold else "", size=size)
