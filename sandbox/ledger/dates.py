"""Reads civil dates in the format that the whole ledger agrees on."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache

_USUAL_TERMS_DAYS = frozenset({7, 8, 10, 14, 15, 20, 21, 28, 30, 31, 45, 60, 90})
YEAR_MIN, YEAR_MAX = 1990, 2099
"""The years that the services take: a row outside would be parked there, and its invoice forgotten in silence."""
# What systems write for "no date": SAP's 9999-12-31 among them.
_NO_DATE = frozenset({"", "-", "--", "null", "none", "nan", "nat", "n/a", "na", "nvt", "n.v.t.", "0", "open"})
_NO_DATE_NUMBERS = frozenset({(0, 0, 0), (9999, 12, 31)})
_TIME = re.compile(
    r"(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s*[AaPp]\.?[Mm]\.?)?(?:\s*(?:Z|UTC|[+-]\d{2}:?\d{2}))?)$",
    re.ASCII,
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})$", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})$", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0)?$", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.0)?$", re.ASCII)
_DAY_NAMED_MONTH = re.compile(r"(\d{1,2})[-/. ]+([^\W\d_]{3,9})\.?[-/., ]+(\d{4})$", re.ASCII)
_NAMED_MONTH_DAY = re.compile(r"([^\W\d_]{3,9})\.?[-/. ]+(\d{1,2})(?:st|nd|rd|th)?[,/. -]+(\d{4})$", re.ASCII)
_EXCEL_EPOCH = date(1899, 12, 30)
_MONTHS = (
    "jan januari january", "feb februari february", "mrt maart mar march", "apr april", "mei may",
    "jun juni june", "jul juli july", "aug augustus august", "sep sept september", "okt oktober oct october",
    "nov november", "dec december",
)  # fmt: skip
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}


class Order(Enum):
    """Whether the day or the month comes first where the year comes last."""

    DAY_FIRST = "day/month/year"
    MONTH_FIRST = "month/day/year"


@dataclass(frozen=True, slots=True)
class Shape:
    """A date as written: either its three numbers in a known order, or two that the ledger has to order."""

    year: int
    first: int
    second: int
    form: str

    @property
    def is_open(self) -> bool:
        """True when day and month stand in an order that the value does not tell by its form."""
        return self.form.startswith("?")


@lru_cache(maxsize=65_536)
def shape_of(raw: str) -> Shape | None:
    """Return how a value reads as a date, None when it does not; a time of day after it is cut off."""
    text = _TIME.sub("", raw.strip()).strip()
    if found := _YEAR_FIRST.match(text):
        return Shape(int(found[1]), int(found[3]), int(found[4]), "year-month-day")
    if found := _YEAR_LAST.match(text):
        return _year_last(found)
    return _rare_shape(text)


def _year(text: str) -> int:
    return int(text) + 2000 if len(text) == 2 else int(text)


def _year_last(found: re.Match[str]) -> Shape:
    form = "?" if len(found[4]) == 4 else "?yy"
    return Shape(_year(found[4]), int(found[1]), int(found[3]), form)


def _rare_shape(text: str) -> Shape | None:
    if found := _COMPACT.match(text):
        return Shape(int(found[1]), int(found[2]), int(found[3]), "yearmonthday")
    if found := _SERIAL.match(text):
        day = _EXCEL_EPOCH + timedelta(days=int(found[1]))
        return Shape(day.year, day.month, day.day, "spreadsheet day number")
    if (found := _DAY_NAMED_MONTH.match(text)) and found[2].casefold() in _MONTH_OF:
        return Shape(int(found[3]), _MONTH_OF[found[2].casefold()], int(found[1]), "day month-name year")
    if (found := _NAMED_MONTH_DAY.match(text)) and found[1].casefold() in _MONTH_OF:
        return Shape(int(found[3]), _MONTH_OF[found[1].casefold()], int(found[2]), "month-name day year")
    return None


def is_no_date(raw: str) -> bool:
    """Return True for an empty value and for what systems write instead of one (NULL, 0000-00-00, 9999-12-31)."""
    text = raw.strip()
    if text.casefold() in _NO_DATE:
        return True
    shape = shape_of(text)
    return shape is not None and (
        (shape.year, shape.first, shape.second) in _NO_DATE_NUMBERS
        or (shape.is_open and (shape.year, shape.second, shape.first) in _NO_DATE_NUMBERS)
    )


@lru_cache(maxsize=65_536)
def parse_date(raw: str, *, order: Order) -> date:
    """Return the civil day that ``raw`` names; raise ValueError with a reason fit to print."""
    shape = shape_of(raw)
    if shape is None:
        raise ValueError(f"'{raw.strip()[:40]}' is not a date")
    month, day = shape.first, shape.second
    if shape.is_open and order is Order.DAY_FIRST:
        month, day = day, month
    try:
        found = date(shape.year, month, day)
    except ValueError:
        how = f" as {order.value}" if shape.is_open else ""
        raise ValueError(f"'{raw.strip()[:40]}' is a date that does not exist{how}") from None
    if not YEAR_MIN <= found.year <= YEAR_MAX:
        raise ValueError(f"'{raw.strip()[:40]}' is outside the years {YEAR_MIN}-{YEAR_MAX}")
    return found


@dataclass(frozen=True, slots=True)
class DateFormats:
    """The order of day and month for each date column, and the sentences that say it aloud."""

    orders: Mapping[str, Order]
    notes: tuple[str, ...]


def detect_dates(columns: Mapping[str, Sequence[str]]) -> DateFormats:
    """Decide the order of day and month over all date columns together (role -> the column's values, row by row).

    The rows that can be read in one way only decide; where none does, the order in which invoices
    fall due after they are issued; where that does not tell either, day/month is assumed, aloud.
    """
    votes = {role: _votes(values) for role, values in columns.items()}
    joint = sum(votes.values(), Counter[Order]())
    open_values = sum(
        1 for values in columns.values() for raw in values if (s := shape_of(raw)) and s.is_open
    )
    notes = _form_notes(columns)
    if not open_values:
        return DateFormats(dict.fromkeys(columns, Order.DAY_FIRST), notes)
    if len(joint) > 1:
        return _divided(votes, joint, notes)
    if joint:
        order = next(iter(joint))
        said = f"dates: {order.value} (decided by {joint[order]} of {open_values} values that allow no other reading)"
    else:
        order, why = _by_plausibility(columns)
        said = f"dates: {order.value} ASSUMED: no value tells day from month; {why}"
    return DateFormats(dict.fromkeys(columns, order), (said, *notes))


def _votes(values: Iterable[str]) -> Counter[Order]:
    found: Counter[Order] = Counter()
    for raw in values:
        shape = shape_of(raw)
        if shape is None or not shape.is_open:
            continue
        if shape.first > 12 >= shape.second:
            found[Order.DAY_FIRST] += 1
        elif shape.second > 12 >= shape.first:
            found[Order.MONTH_FIRST] += 1
    return found


def _divided(
    votes: Mapping[str, Counter[Order]], joint: Counter[Order], notes: tuple[str, ...]
) -> DateFormats:
    most = _most(joint)
    orders = {role: _most(own) if own else most for role, own in votes.items()}
    said = [
        f"dates: {order.value} in column '{role}' ({votes[role][order]} values decide, {votes[role].total() - votes[role][order]} contradict)"
        for role, order in orders.items()
    ]
    return DateFormats(orders, (*said, *notes))


def _most(votes: Counter[Order]) -> Order:
    return Order.MONTH_FIRST if votes[Order.MONTH_FIRST] > votes[Order.DAY_FIRST] else Order.DAY_FIRST


def _by_plausibility(columns: Mapping[str, Sequence[str]]) -> tuple[Order, str]:
    """Choose the order that lets more invoices fall due after their issue, then the one with more usual terms."""
    scores = {order: _plausibility(columns, order) for order in Order}
    day, month = scores[Order.DAY_FIRST], scores[Order.MONTH_FIRST]
    if day == month:
        return Order.DAY_FIRST, "both readings are equally plausible, so the Dutch one was taken"
    best = Order.DAY_FIRST if day > month else Order.MONTH_FIRST
    return best, "read this way the due dates follow the issue dates best"


def _plausibility(columns: Mapping[str, Sequence[str]], order: Order) -> tuple[int, int, int]:
    terms: list[int] = []
    for issued, due in zip(columns.get("issued", ()), columns.get("due", ()), strict=False):
        try:
            terms.append((parse_date(due, order=order) - parse_date(issued, order=order)).days)
        except ValueError:
            continue
    plausible = [days for days in terms if 0 <= days <= 120]
    usual = sum(days in _USUAL_TERMS_DAYS for days in plausible)
    return len(plausible), usual, -len(set(plausible))


def _form_notes(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    notes: list[str] = []
    for role, values in columns.items():
        forms = Counter(shape.form for raw in values if not is_no_date(raw) and (shape := shape_of(raw)))
        fixed = [form for form in forms if not form.startswith("?")]
        if fixed:
            mixed = " (several formats in one column)" if len(forms) > 1 else ""
            notes.append(f"dates: {', '.join(sorted(fixed))} in column '{role}'{mixed}")
        if forms["?yy"]:
            notes.append(
                f"dates: {forms['?yy']} values in column '{role}' have a year of two digits: 20yy is assumed"
            )
    return tuple(notes)
