"""Names a customer's details, and says what is wrong with them, in Dutch and English."""

import re
from typing import Final

# Per field: (English, Dutch). A contact's fields stand under "contacts[n]." and are named with their contact.
_FIELDS: Final = {
    "email": ("the e-mail address", "het e-mailadres"),
    "mobile": ("the mobile number", "het mobiele nummer"),
    "phone": ("the telephone number", "het telefoonnummer"),
    "name": ("the name", "de naam"),
    "purpose": ("the purpose", "het doel"),
    "address": ("the postal address", "het postadres"),
    "address.street": ("the street in the address", "de straat in het adres"),
    "address.postal_code": ("the postal code in the address", "de postcode in het adres"),
    "address.city": ("the town in the address", "de plaats in het adres"),
    "address.country": ("the country in the address", "het land in het adres"),
    "preferred_window": ("the preferred window", "het voorkeursvenster"),
    "preferred_channel": ("the preferred channel", "het voorkeurskanaal"),
    "timezone": ("the time zone", "de tijdzone"),
    "language": ("the language", "de taal"),
    "country": ("the country", "het land"),
    "tone": ("the tone", "de toon"),
}  # fmt: skip

# What the invoices' check of the details says: (its words, English, Dutch). {0} is what differs each time.
_REASONS: Final = tuple(
    (re.compile(told), english, dutch)
    for told, english, dutch in (
        ("not an e-mail address", "it is not an e-mail address", "het is geen e-mailadres"),
        ("not a telephone number that can be dialled", "this number cannot be dialled", "dit nummer kan niet worden gebeld"),
        ("not an IANA time zone", "it is not a known time zone", "het is geen bekende tijdzone"),
        ("not a language code such as (.+)", "it is not a language code such as {0}", "het is geen taalcode zoals {0}"),
        ("not a country code such as (.+)", "it is not a country code such as {0}", "het is geen landcode zoals {0}"),
        ("not one of (.+)", "only {0} are possible", "mogelijk zijn alleen {0}"),
        ("longer than ([0-9]+) characters", "it is longer than {0} characters", "dit gegeven is langer dan {0} tekens"),
        ("missing: a letter cannot be addressed", "it is missing, so a letter cannot be sent", "dit gegeven ontbreekt, dus een brief kan niet worden verstuurd"),
        ("not two local times such as (.+) and (.+)", "it is not two local times such as {0} and {1}", "het zijn geen twee plaatselijke tijden zoals {0} en {1}"),
        ("it ends before it begins", "it ends before it begins", "het einde ligt vóór het begin"),
        ("unknown day (.+)", "the day {0} is unknown", "de dag {0} is onbekend"),
    )
)  # fmt: skip

_CONTACT: Final = re.compile(r"contacts\[([0-9]{1,4})\]\.(\w+)")
_ORDINALS: Final = (
    ("first", "eerste"), ("second", "tweede"), ("third", "derde"), ("fourth", "vierde"), ("fifth", "vijfde"),
)  # fmt: skip


def data_word(fact: str, *, dutch: bool) -> str | None:
    """Return the words for a field's name or for what is wrong with it; None for one that is not known."""
    found = _FIELDS.get(fact)
    if found is not None:
        return found[dutch]
    of_contact = _CONTACT.fullmatch(fact)
    if of_contact is not None:
        return _of_contact(of_contact[2], index=int(of_contact[1]), dutch=dutch)
    for told, *words in _REASONS:
        match = told.fullmatch(fact)
        if match is not None:
            return words[dutch].format(*match.groups())
    return None


def _of_contact(field: str, *, index: int, dutch: bool) -> str | None:
    detail = _FIELDS.get(field)
    if detail is None:
        return None
    if index >= len(_ORDINALS):
        return f"{detail[dutch]} {'van' if dutch else 'of'} contact {index + 1}"
    ordinal = _ORDINALS[index][dutch]
    return (
        f"{detail[dutch]} van het {ordinal} contact" if dutch else f"{detail[dutch]} of the {ordinal} contact"
    )
