"""Writes the days that do not count down from the ``holidays`` library (`make calendars`): no service loads it."""

from collections.abc import Iterable, Mapping
from datetime import date
from importlib.metadata import version
from typing import Final

import holidays

from chassis.calendars import DAYS_FOLDER, YEAR_MAX, YEAR_MIN

_YEARS: Final = range(YEAR_MIN, YEAR_MAX)


def known() -> Mapping[str, str]:
    """Return the text of each file as the library that is installed would have it.

    5 May is a holiday every year (Algemene termijnenwet, art. 3), which needs the library's "optional" category.
    """
    return {
        "target.txt": _text(holidays.financial_holidays("XECB", years=_YEARS), named="XECB"),
        "dutch.txt": _text(
            holidays.country_holidays("NL", years=_YEARS, categories=("public", "optional")),
            named="NL, public and optional",
        ),
    }


def _text(days: Iterable[date], *, named: str) -> str:
    """Write one line for each year: the year, then its days."""
    found = sorted(days)
    lines = [" ".join([str(year), *(f"{day:%m-%d}" for day in found if day.year == year)]) for year in _YEARS]
    return "\n".join([f"# holidays {version('holidays')}: {named}; written by `make calendars`.", *lines, ""])


if __name__ == "__main__":
    for name, text in known().items():
        (DAYS_FOLDER / name).write_text(text, encoding="utf-8")
