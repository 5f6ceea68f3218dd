"""Amounts, dates and lists as readers of a language write them."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import NumberPattern, parse_pattern

from chassis.kernel.money import DECIMALS, Money

NO_BREAK_SPACE: Final = "\u00a0"
LANGUAGES: Final = ("nl", "en")
_LOCALES: Final = {"nl": Locale("nl", "NL"), "en": Locale("en", "GB")}
# The sign stands between the currency and the number in Dutch, before both in English.
_PATTERNS: Final = {"nl": "¤ #,##0{d};¤ -#,##0{d}", "en": "¤#,##0{d};-¤#,##0{d}"}


def language_of(language: str) -> str:
    """Return the language that templates exist in: the asked one, otherwise English."""
    return language if language in LANGUAGES else "en"


@lru_cache(maxsize=64)
def _pattern(language: str, decimals: int) -> NumberPattern:
    fraction = f".{'0' * decimals}" if decimals else ""
    return parse_pattern(_PATTERNS[language].replace("{d}", fraction))


@lru_cache(maxsize=2048)
def money_text(money: Money, *, language: str) -> str:
    """Write an amount, e.g. ``€ 1.656,25`` (nl) or ``€1,656.25`` (en); no line breaks at its space."""
    pattern = _pattern(language, DECIMALS.get(money.currency, 2))
    written: str = pattern.apply(
        money.amount, _LOCALES[language], currency=money.currency, currency_digits=False
    )
    return written.replace(" ", NO_BREAK_SPACE).replace("\u202f", NO_BREAK_SPACE)


def phone_text(phone: str) -> str:
    """Write a telephone number as it was given; no line breaks within it."""
    return NO_BREAK_SPACE.join(phone.split())


def plain_spaced(text: str) -> str:
    """Return a text for readers that wrap no lines (plain mails, subjects, scripts), with plain spaces."""
    return text.replace(NO_BREAK_SPACE, " ")


@lru_cache(maxsize=2048)
def date_text(day: date, *, language: str) -> str:
    """Write a day, e.g. ``3 april 2026`` (nl) or ``3 April 2026`` (en)."""
    return format_date(day, "d MMMM yyyy", locale=_LOCALES[language])


@lru_cache(maxsize=2048)
def short_date_text(day: date, *, language: str) -> str:
    """Write a day without its year, for short messages: ``3 april`` or ``3 April``."""
    return format_date(day, "d MMMM", locale=_LOCALES[language])


def list_text(items: Iterable[str], *, language: str) -> str:
    """Write a list in words, e.g. ``A, B en C``."""
    return format_list(list(items), locale=_LOCALES[language])


def iban_text(iban: str) -> str:
    """Write an IBAN in groups of four."""
    compact = iban.replace(" ", "")
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))
