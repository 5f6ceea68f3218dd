"""Finds out how a file is laid out: its delimiter, its header and the rows under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sandbox.ledger.columns import normalised, recognised
from sandbox.ledger.model import LedgerError
from sandbox.ledger.records import DELIMITERS, Record, records

HEADER_LINES_SEARCHED_MAX = 15
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


@dataclass(frozen=True, slots=True)
class Layout:
    """The header, the records under it (blank ones left out, faulty ones marked) and the notes."""

    header: tuple[str, ...]
    body: tuple[Record, ...]
    notes: tuple[str, ...]


def lay_out(text: str, *, mapping: Mapping[str, str]) -> Layout:
    """Split a file into header and records; raise LedgerError when there is no header to be found."""
    start, told = _told_delimiter(text)
    best: tuple[tuple[int, int], str, int] | None = None
    for delimiter in (told,) if told else DELIMITERS:
        score, at = _header_of(text, delimiter, mapping)
        if best is None or score > best[0]:
            best = (score, delimiter, at)
    if best is None or best[0] == (0, 0):
        raise LedgerError("the file holds no header: its first line must name the columns")
    _, delimiter, at = best
    return _laid_out(text, delimiter=delimiter, at=max(at, start))


def _told_delimiter(text: str) -> tuple[int, str]:
    """Spreadsheets may say 'sep=;' on the first line."""
    first = text.lstrip("\ufeff")[:8].splitlines()[:1]
    if first and first[0].lower().startswith("sep=") and len(first[0]) == 5 and first[0][4] in DELIMITERS:
        return 1, first[0][4]
    return 0, ""


def _header_of(text: str, delimiter: str, mapping: Mapping[str, str]) -> tuple[tuple[int, int], int]:
    """Return the best header's score (roles it can fill, columns) and its place among the records."""
    wanted = {normalised(column) for column in mapping.values()}
    best, best_at = (0, 0), 0
    # The head of the file is enough here; a cut-off record at its end is no header.
    head = text[: 65_536 * 4]
    for at, record in enumerate(islice(records(head, delimiter=delimiter), HEADER_LINES_SEARCHED_MAX)):
        if record.fault and "NUL" not in record.fault:
            continue
        mapped = len(wanted & {normalised(name) for name in record.fields})
        columns = len(record.fields) if any(name.strip() for name in record.fields) else 0
        score = (recognised(record.fields) + mapped, columns)
        if score > best and (score[0] > best[0] or best == (0, 0)):
            best, best_at = score, at
    return best, best_at


def _laid_out(text: str, *, delimiter: str, at: int) -> Layout:
    every = records(text, delimiter=delimiter)
    skipped = list(islice(every, at))
    header = next(every)
    names = tuple(name.replace("\0", "").strip().lstrip("\ufeff") for name in header.fields)
    if not names:
        raise LedgerError("the file holds no header: its first line must name the columns")
    notes = [f"delimiter: {_DELIMITER_NAMES[delimiter]}"]
    if any(not record.is_blank for record in skipped):
        notes.append(f"header: line {header.line}; the lines above it are not rows of the ledger")
    body: list[Record] = []
    blank = 0
    for record in every:
        if record.is_blank:
            blank += 1
        else:
            body.append(_fitted(record, names))
    if blank:
        notes.append(f"blank lines: {blank}, passed over")
    return Layout(header=names, body=tuple(body), notes=tuple(notes))


def _fitted(record: Record, names: Sequence[str]) -> Record:
    """Mark a record whose number of fields is not the header's; empty fields too many do no harm."""
    if record.fault or len(record.fields) == len(names):
        return record
    if len(record.fields) > len(names) and not any(field.strip() for field in record.fields[len(names) :]):
        return replace(record, fields=record.fields[: len(names)])
    what = "too few" if len(record.fields) < len(names) else "too many"
    return replace(record, fault=f"has {what} columns: {len(record.fields)} instead of {len(names)}")
