"""From text to CSV records with physical line numbers; a broken record is told, never dropped and never fatal."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RECORD_CHARS_MAX = 65_536
RECORD_LINES_MAX = 20
DELIMITERS = (",", ";", "\t", "|")

_UNCLOSED = "unexpected end of data"


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its first physical line (from 1), its text, and either its fields or what is wrong."""

    line: int
    raw: str
    fields: tuple[str, ...] = ()
    fault: str = ""

    @property
    def is_blank(self) -> bool:
        """True for an empty line, or one of delimiters only."""
        return not self.fault and not any(field.strip() for field in self.fields)


def records(text: str, *, delimiter: str) -> Iterator[Record]:
    """Yield every record of ``text``; a quote that is never closed costs its own line only."""
    lines = io.StringIO(text, newline="").readlines()
    at = 0
    while at < len(lines):
        record, taken = _record_at(lines, at, delimiter=delimiter)
        yield record
        at += taken


def _record_at(lines: Sequence[str], at: int, *, delimiter: str) -> tuple[Record, int]:
    raw = ""
    for taken in range(1, RECORD_LINES_MAX + 1):
        if at + taken > len(lines):
            break
        raw += lines[at + taken - 1]
        if len(raw) > RECORD_CHARS_MAX:
            if taken > 1:
                break
            return _faulty(at, raw, f"longer than {RECORD_CHARS_MAX} characters"), 1
        fields, fault = _split(raw, delimiter=delimiter)
        if fault == _UNCLOSED:
            continue
        if fault:
            return _faulty(at, lines[at], fault), 1
        return Record(
            line=at + 1, raw=raw, fields=fields, fault="contains a NUL byte" if "\0" in raw else ""
        ), taken
    return _faulty(at, lines[at], "opens a quote that is never closed"), 1


def _split(raw: str, *, delimiter: str) -> tuple[tuple[str, ...], str]:
    try:
        # Strict, so that an open quote is told from a closed one; a line break belongs to the record's end.
        row = next(
            csv.reader([raw.rstrip("\r\n") if '"' not in raw else raw], delimiter=delimiter, strict=True), []
        )
    except csv.Error as error:
        return (), _UNCLOSED if str(error) == _UNCLOSED else f"is not valid CSV ({error})"
    return tuple(row), ""


def _faulty(at: int, raw: str, fault: str) -> Record:
    return Record(line=at + 1, raw=raw, fault=fault)


def excerpt_of(raw: str, *, chars_max: int = 120) -> str:
    """Return the beginning of a record on one line, fit to print."""
    head = "".join(char if char.isprintable() else "·" for char in raw.strip()[: chars_max + 1])
    return head if len(head) <= chars_max else head[: chars_max - 1] + "…"
