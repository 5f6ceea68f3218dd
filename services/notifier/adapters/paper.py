"""Paper to write letters on: a cursor, wrapped lines and a simple table, drawn straight onto PDF pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from fpdf import FPDF
from typing_extensions import override

PAGE_HEIGHT_MM: Final = 297.0
PAGE_WIDTH_MM: Final = 210.0
MARGIN_MM: Final = 25.0
BOTTOM_MM: Final = PAGE_HEIGHT_MM - 18.0
LINE_MM: Final = 4.9
PARAGRAPH_GAP_MM: Final = 2.6
FONT_PT: Final = 10.5
UNBROKEN_LINES_MAX: Final = 6
"""A paragraph of no more lines stands on one page as a whole."""

_FONTS: Final = Path(__file__).parent / "fonts"
_BUILT_IN: Final = "Helvetica"
_EMBEDDED: Final = "DejaVu"
_BUILT_IN_ENCODING: Final = "cp1252"
_MEASURED_PT: Final = 100.0

Align = Literal["LEFT", "RIGHT"]


@lru_cache(maxsize=4)
def _ruler(face: str) -> FPDF:
    """Return a document without pages to measure with: measuring leaves traces in the one that is written."""
    ruler = FPDF()
    ruler.core_fonts_encoding = _BUILT_IN_ENCODING
    if face == _EMBEDDED:
        _embed(ruler)
    return ruler


@lru_cache(maxsize=4096)
def _width_mm(face: str, character: str, *, bold: bool) -> float:
    """Measure one character at _MEASURED_PT."""
    ruler = _ruler(face)
    ruler.set_font(face, style="B" if bold else "", size=_MEASURED_PT)
    return float(ruler.get_string_width(character))


def _embed(paper: FPDF) -> None:
    paper.add_font(_EMBEDDED, "", _FONTS / "DejaVuSans.ttf")
    paper.add_font(_EMBEDDED, "B", _FONTS / "DejaVuSans-Bold.ttf")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: its words and its column."""

    text: str
    left_mm: float
    width_mm: float
    align: Align = "LEFT"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands: its left (RIGHT: its right) end and its top."""

    x_mm: float
    y_mm: float
    align: Align = "LEFT"


class Paper(FPDF):
    """Sheets with a quiet foot: the letter's number and the page. The library's own wrapping costs ten times this."""

    def __init__(self, *, foot: str, written: str) -> None:
        super().__init__(format="A4")
        self.set_auto_page_break(auto=False)
        self._foot = foot
        self._face = self._choose_face(written)
        self._top_mm = MARGIN_MM

    def _choose_face(self, written: str) -> str:
        """Use a font that every reader has; embed one only for letters that it cannot write."""
        self.core_fonts_encoding = _BUILT_IN_ENCODING
        try:
            written.encode(_BUILT_IN_ENCODING)
        except UnicodeEncodeError:
            _embed(self)
            return _EMBEDDED
        return _BUILT_IN

    @override
    def footer(self) -> None:
        """Write the foot; called by the library at the end of each page."""
        self.set_text_color(110)
        self.line_of_text(
            f"{self._foot}  -  {self.page_no()}",
            at=Place(PAGE_WIDTH_MM - MARGIN_MM, PAGE_HEIGHT_MM - 12, "RIGHT"),
            size_pt=8,
        )
        self.set_text_color(0)

    def new_sheet(self, *, top_mm: float = MARGIN_MM) -> None:
        """Begin a page, the cursor at ``top_mm``."""
        self.add_page()
        self._top_mm = top_mm

    def move_to(self, top_mm: float) -> None:
        """Put the cursor at a height."""
        self._top_mm = top_mm

    def skip(self, mm: float) -> None:
        """Move the cursor down."""
        self._top_mm += mm

    def keep_together(self, height_mm: float) -> None:
        """Go to a new page unless this much fits on the present one."""
        if self._top_mm + height_mm > BOTTOM_MM:
            self.new_sheet()

    def width_mm(self, text: str, *, size_pt: float, bold: bool = False) -> float:
        """Measure a line."""
        total = sum(_width_mm(self._face, character, bold=bold) for character in text)
        return total * size_pt / _MEASURED_PT

    def line_of_text(self, text: str, *, at: Place, size_pt: float, bold: bool = False) -> None:
        """Write one line."""
        left_mm = at.x_mm
        if at.align == "RIGHT":
            left_mm -= self.width_mm(text, size_pt=size_pt, bold=bold)
        self.set_font(self._face, style="B" if bold else "", size=size_pt)
        # The baseline stands about one font height below the top (1 pt = 0.353 mm).
        self.text(left_mm, at.y_mm + size_pt * 0.353, text)

    def label(self, text: str) -> None:
        """Write a label at the left margin; the cursor stays where it is."""
        self.line_of_text(text, at=Place(MARGIN_MM, self._top_mm), size_pt=FONT_PT)

    def paragraph(
        self, text: str, *, bold: bool = False, gap_mm: float = PARAGRAPH_GAP_MM, left_mm: float = MARGIN_MM
    ) -> None:
        """Write a paragraph at the cursor, wrapped to the right margin, and leave a gap."""
        width_mm = PAGE_WIDTH_MM - MARGIN_MM - left_mm
        lines = self.wrap(text, width_mm=width_mm, size_pt=FONT_PT, bold=bold)
        if len(lines) <= UNBROKEN_LINES_MAX:
            self.keep_together(LINE_MM * len(lines))
        for line in lines:
            self.keep_together(LINE_MM)
            self.line_of_text(line, at=Place(left_mm, self._top_mm), size_pt=FONT_PT, bold=bold)
            self._top_mm += LINE_MM
        self._top_mm += gap_mm

    def height_mm(self, texts: Sequence[str]) -> float:
        """Measure what these paragraphs take, their gaps included."""
        width_mm = PAGE_WIDTH_MM - 2 * MARGIN_MM
        lines = sum(len(self.wrap(text, width_mm=width_mm, size_pt=FONT_PT)) for text in texts)
        return lines * LINE_MM + len(texts) * PARAGRAPH_GAP_MM

    def wrap(self, text: str, *, width_mm: float, size_pt: float, bold: bool = False) -> list[str]:
        """Break a text at its plain spaces into lines that fit; a word that is too long for a line is cut."""
        lines: list[str] = []
        for piece in text.split("\n"):
            line = ""
            for word in filter(None, piece.split(" ")):
                for part in self._fitting(word, width_mm=width_mm, size_pt=size_pt, bold=bold):
                    longer = f"{line} {part}" if line else part
                    if line and self.width_mm(longer, size_pt=size_pt, bold=bold) > width_mm:
                        lines.append(line)
                        longer = part
                    line = longer
            lines.append(line)
        return lines

    def _fitting(self, word: str, *, width_mm: float, size_pt: float, bold: bool) -> list[str]:
        if self.width_mm(word, size_pt=size_pt, bold=bold) <= width_mm:
            return [word]
        parts, part = [], ""
        for character in word:
            if part and self.width_mm(part + character, size_pt=size_pt, bold=bold) > width_mm:
                parts.append(part)
                part = ""
            part += character
        return [*parts, part]

    def table_row(self, cells: Sequence[Cell], *, bold: bool = False) -> None:
        """Write a row at the cursor, its lines wrapped within their columns, and a rule below it."""
        size_pt, line_mm = 9.5, 4.5
        wrapped = [
            self.wrap(cell.text, width_mm=cell.width_mm - 2, size_pt=size_pt, bold=bold) for cell in cells
        ]
        height_mm = max(map(len, wrapped)) * line_mm + 2.5
        self.keep_together(height_mm)
        for cell, lines in zip(cells, wrapped, strict=True):
            for number, line in enumerate(lines):
                x_mm = cell.left_mm + (cell.width_mm - 1 if cell.align == "RIGHT" else 1)
                at = Place(x_mm, self._top_mm + 1 + number * line_mm, cell.align)
                self.line_of_text(line, at=at, size_pt=size_pt, bold=bold)
        self._top_mm += height_mm
        self.line(MARGIN_MM, self._top_mm, PAGE_WIDTH_MM - MARGIN_MM, self._top_mm)
