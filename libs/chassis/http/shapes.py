"""Shapes of what callers send and read, as strict as the document says: ids, days, amounts, words of closed sets."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo

ID_CHARS_MAX: Final = 200
"""Characters of an identifier, whichever system made it."""
NO_NUL: Final = r"^[^\x00]*$"
"""PostgreSQL can keep every character but this one."""
DAY_MIN: Final = date(1990, 1, 1)
DAY_MAX: Final = date(2099, 12, 31)
"""The days that the calendars know."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
_AMOUNT: Final = r"^-?[0-9]{1,18}(\.[0-9]{1,4})?$"
_SUM: Final = r"^-?[0-9]+(\.[0-9]{1,4})?$"

PathId = Annotated[str, Path(min_length=1, max_length=ID_CHARS_MAX, pattern=NO_NUL)]
QueryId = Annotated[str, Query(max_length=ID_CHARS_MAX, pattern=NO_NUL)]
BodyId = Annotated[str, StringConstraints(min_length=1, max_length=ID_CHARS_MAX, pattern=NO_NUL)]
AmountText = Annotated[str, Field(pattern=_AMOUNT, examples=["1656.25"])]
"""A decimal number as text, never a float."""

AmountShown = Annotated[str, Field(json_schema_extra={"pattern": _SUM})]
"""An amount in an answer: a sum may have more digits than one amount."""


def _text_of_a_day(value: object) -> object:
    """Refuse what a date could be made of too, but the document does not name: numbers, instants, 20260302."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("a day such as 2026-03-02 is needed")


def _text_of_an_instant(value: object) -> object:
    """Refuse seconds since 1970, which the document does not name."""
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.match(value)):
        return value
    raise ValueError("an instant such as 2026-04-03T18:00:00Z is needed")


def _near(instant: datetime) -> datetime:
    """Refuse the edges of all time, whose local time cannot be reckoned."""
    if DAY_MIN.year <= instant.year <= DAY_MAX.year:
        return instant
    raise ValueError(f"an instant from {DAY_MIN.year} to {DAY_MAX.year} is needed")


def _known(day: date) -> date:
    if DAY_MIN <= day <= DAY_MAX:
        return day
    raise ValueError(f"a day from {DAY_MIN} to {DAY_MAX} is needed")


Day = Annotated[
    date,
    BeforeValidator(_text_of_a_day),
    AfterValidator(_known),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date",
            "pattern": "^(199[0-9]|20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
            "examples": ["2026-03-02"],
        }
    ),
]
"""A civil day as YYYY-MM-DD."""

Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_text_of_an_instant),
    AfterValidator(_near),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": "^(199[0-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2}[Tt ]",
            "examples": ["2026-04-03T18:00:00Z"],
        }
    ),
]
"""An instant as RFC 3339 text, with its offset."""

Flag = StrictBool
"""true or false, not "yes" or 1."""


def word(*words: str) -> Any:
    """Return the documentation of an answer's field that holds one of a closed set."""
    field: FieldInfo = Field(json_schema_extra={"enum": list(words)})
    return field
