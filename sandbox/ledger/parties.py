"""The customers of a ledger: what its rows say of them, made-up contact details where it says nothing."""

from collections.abc import Mapping

from sandbox.ledger.people import made_up_customer

CUSTOMER_ROLES = (
    "name",
    "email",
    "mobile",
    "phone",
    "country",
    "language",
    "kind",
    "street",
    "postal_code",
    "city",
)
CONTACT_ROLES = ("email", "mobile", "phone")

_COUNTRIES = {
    "nederland": "NL", "netherlands": "NL", "the netherlands": "NL", "holland": "NL", "nld": "NL",
    "belgie": "BE", "belgië": "BE", "belgium": "BE", "bel": "BE", "duitsland": "DE", "germany": "DE", "deu": "DE",
    "frankrijk": "FR", "france": "FR", "fra": "FR", "united kingdom": "GB", "uk": "GB", "verenigd koninkrijk": "GB",
    "gbr": "GB", "united states": "US", "usa": "US", "verenigde staten": "US",
}  # fmt: skip
_LANGUAGES = {
    "nederlands": "nl",
    "dutch": "nl",
    "engels": "en",
    "english": "en",
    "duits": "de",
    "frans": "fr",
}
_CONSUMER = frozenset(
    {"consumer", "consument", "particulier", "private", "b2c", "c", "person", "persoon", "no", "nee"}
)


def country_code(raw: str) -> str:
    """Return the ISO code of a country, '' for what is none (a telephone code, a number)."""
    text = raw.strip()
    if text.casefold() in _COUNTRIES:
        return _COUNTRIES[text.casefold()]
    return text.upper() if len(text) == 2 and text.isascii() and text.isalpha() else ""


def customer_fields(customer_id: str, said: Mapping[str, str], *, has_contacts: bool) -> dict[str, object]:
    """Return CustomerUpdated fields (contract section 3) from what the rows say; '' counts as not said."""
    country = country_code(said.get("country", ""))
    made_up = made_up_customer(customer_id, name=said.get("name", ""), country=country)
    fields: dict[str, object] = {
        "name": said.get("name") or made_up["name"],
        "kind": "CONSUMER" if said.get("kind", "").strip().casefold() in _CONSUMER else "BUSINESS",
        "country": country or "NL",
        "language": _language(said.get("language", "")) or made_up["language"],
        "contacts": _contacts(said) if has_contacts else made_up["contacts"],
    }
    if said.get("street") or said.get("city"):
        fields["address"] = {
            "street": said.get("street", ""),
            "postal_code": said.get("postal_code", ""),
            "city": said.get("city", ""),
            "country": country or "NL",
        }
    elif not has_contacts:
        fields["address"] = made_up["address"]
    return fields


def _language(raw: str) -> str:
    text = raw.strip().casefold()
    return _LANGUAGES.get(text, text[:2] if text[:2].isascii() and text[:2].isalpha() else "")


def _contacts(said: Mapping[str, str]) -> list[dict[str, object]]:
    contact: dict[str, object] = {role: said[role] for role in CONTACT_ROLES if said.get(role)}
    return [{"purpose": "REMINDER", **contact}] if contact else []
