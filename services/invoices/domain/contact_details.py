"""Which contact details and preferences can be used; what cannot is left out and listed, never refused."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

import phonenumbers

from invoices.domain.customer import Contact, CustomerMaster, DataProblem, PostalAddress, Window

PURPOSES: Final = frozenset({"REMINDER", "ADMIN", "LEGAL"})
CHANNELS: Final = frozenset({"EMAIL", "SMS", "WHATSAPP", "CALL", "LETTER", "PORTAL"})
TONES: Final = frozenset({"WARM", "NEUTRAL", "FORMAL"})
DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
EMAIL_CHARS_MAX: Final = 254
NUMBER_DIGITS_MIN: Final = 8
"""Digits of the shortest number that can be dialled from abroad, country code included."""
DETAIL_CHARS_MAX: Final = 200
"""Characters of a name, street or city; a longer one does not fit on an address label."""
PROBLEM_VALUE_CHARS: Final = 100

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")
_LOCAL_CHARS_MAX: Final = 64
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_NUMBER_CHARS: Final = re.compile(r"[0-9+().\s/-]+")


def usable(master: CustomerMaster) -> tuple[CustomerMaster, tuple[DataProblem, ...]]:
    """Return the master with usable details only (numbers in E.164), and the problems with the others."""
    problems: list[DataProblem] = []
    contacts = tuple(
        _contact(contact, index=index, country=master.country, problems=problems)
        for index, contact in enumerate(master.contacts)
    )
    address, window = master.address, master.preferred_window
    if address is not None and (found := list(_address_problems(address))):
        problems += found
        address = None
    if window is not None and (reason := window_problem(window)):
        problems.append(_problem("preferred_window", f"{window.start}-{window.end}", reason))
        window = None
    clean = replace(
        master,
        contacts=contacts,
        address=address,
        preferred_window=window,
        timezone=_one(master.timezone, "timezone", "not an IANA time zone", is_zone, problems),
        language=_one(master.language, "language", "not a language code such as nl", _is_language, problems),
        country=_one(master.country, "country", "not a country code such as NL", _is_country, problems),
        tone=_one(master.tone, "tone", f"not one of {_listed(TONES)}", TONES.__contains__, problems),
        preferred_channel=_one(
            master.preferred_channel,
            "preferred_channel",
            f"not one of {_listed(CHANNELS)}",
            CHANNELS.__contains__,
            problems,
        ),
    )
    return clean, tuple(problems)


def read_email(text: str) -> str | None:
    """Return an e-mail address that can be written to, None when it is none (RFC 5321 in common use)."""
    text = text.strip()
    local, _, _ = text.rpartition("@")
    too_long = len(text) > EMAIL_CHARS_MAX or len(local) > _LOCAL_CHARS_MAX
    return None if too_long or not _EMAIL.fullmatch(text) else text


def read_number(text: str, *, country: str) -> str | None:
    """Return a telephone number in E.164, None when it cannot be dialled.

    ``country`` (ISO 3166, default NL) says what a number without a country code means.
    """
    if not _NUMBER_CHARS.fullmatch(text):
        return None
    region = country.upper() if country.upper() in phonenumbers.SUPPORTED_REGIONS else "NL"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return dialled if len(dialled) > NUMBER_DIGITS_MIN else None


def window_problem(window: Window) -> str:
    """Say what is wrong with a preferred window, '' when it can be used."""
    if not _TIME.fullmatch(window.start) or not (_TIME.fullmatch(window.end) or window.end == "24:00"):
        return "not two local times such as 18:00 and 20:00"
    if window.start >= window.end:
        return "it ends before it begins"
    unknown = [day for day in window.days if day not in DAYS]
    return f"unknown day {unknown[0][:20]!r}" if unknown else ""


def _contact(contact: Contact, *, index: int, country: str, problems: list[DataProblem]) -> Contact:
    path = f"contacts[{index}]"

    def checked(field: str, value: str, read: str | None, reason: str) -> str:
        if value.strip() and read is None:
            problems.append(_problem(f"{path}.{field}", value, reason))
        return read or ""

    bad_number = "not a telephone number that can be dialled"
    purpose = contact.purpose if contact.purpose in PURPOSES else None
    name = contact.name if len(contact.name) <= DETAIL_CHARS_MAX else None
    return Contact(
        purpose=checked("purpose", contact.purpose, purpose, f"not one of {_listed(PURPOSES)}"),
        name=checked("name", contact.name, name, f"longer than {DETAIL_CHARS_MAX} characters"),
        email=checked("email", contact.email, read_email(contact.email), "not an e-mail address"),
        mobile=checked("mobile", contact.mobile, _number(contact.mobile, country), bad_number),
        phone=checked("phone", contact.phone, _number(contact.phone, country), bad_number),
        whatsapp_opt_in=contact.whatsapp_opt_in,
    )


def _number(text: str, country: str) -> str | None:
    return read_number(text.strip(), country=country) if text.strip() else None


def _address_problems(address: PostalAddress) -> Iterator[DataProblem]:
    """Name what a letter lacks: street, town, postal code; an empty address is none and no problem."""
    parts = {"street": address.street, "postal_code": address.postal_code, "city": address.city}
    if not any(part.strip() for part in parts.values()):
        return
    for field, value in parts.items():
        if not value.strip():
            yield _problem(f"address.{field}", value, "missing: a letter cannot be addressed")
        elif len(value) > DETAIL_CHARS_MAX:
            yield _problem(f"address.{field}", value, f"longer than {DETAIL_CHARS_MAX} characters")
    if address.country and not _is_country(address.country):
        yield _problem("address.country", address.country, "not a country code such as NL")


def _one(
    value: str, field: str, reason: str, is_usable: Callable[[str], bool], problems: list[DataProblem]
) -> str:
    if not value or is_usable(value):
        return value
    problems.append(_problem(field, value, reason))
    return ""


def _problem(field: str, value: str, reason: str) -> DataProblem:
    return DataProblem(field=field, value=value[:PROBLEM_VALUE_CHARS], reason=reason)


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(value: str) -> bool:
    """Say whether it is the name of an IANA time zone."""
    return value in _zones()


def _is_language(value: str) -> bool:
    return bool(_LANGUAGE.fullmatch(value))


def _is_country(value: str) -> bool:
    return value.upper() in phonenumbers.SUPPORTED_REGIONS
