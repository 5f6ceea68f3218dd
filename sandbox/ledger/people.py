"""Made-up contact details for a ledger that has none: stable per customer id, under .example, for the inbox only."""

import hashlib
import unicodedata

# The Netherlands keeps no range of mobile numbers for fiction; these are valid in form, and the
# sandbox hands them to its own inbox only, which calls nobody.
_MOBILE_PREFIXES = ("+3161", "+3162", "+3163", "+3164", "+3165", "+3168")
_FIRST = ("Bouwbedrijf", "Installatiebedrijf", "Drukkerij", "Bakkerij", "Garage", "Transportbedrijf", "Kwekerij",
          "Adviesbureau", "Schildersbedrijf", "Groothandel", "Timmerfabriek", "Studio")  # fmt: skip
_LAST = ("Jansen", "De Vries", "Bakker", "Visser", "Smit", "Meijer", "De Boer", "Mulder", "Bos", "Vos", "Peters",
         "Hendriks", "Van Leeuwen", "Dekker", "Brouwer", "De Wit", "Dijkstra", "Smits", "De Graaf", "Van der Meer")  # fmt: skip
_PEOPLE = (
    "Anna",
    "Bram",
    "Carla",
    "Daan",
    "Eva",
    "Fatima",
    "Gijs",
    "Hanna",
    "Ilse",
    "Jeroen",
    "Karim",
    "Lotte",
)
_STREETS = ("Voorbeeldstraat", "Fluweelweg", "Proeflaan", "Zandbakplein", "Schijnkade", "Modelpad")
_CITIES = ("Voorbeelddam", "Proefstad", "Zandbakveen", "Modelburg")
_WHATSAPP_SHARE = 30
_ENGLISH_SHARE_ABROAD = 70
_SLUG_CHARS_MAX = 40


class _Lot:
    """Draws numbers from a customer id: the same id gives the same draws in every process."""

    def __init__(self, customer_id: str) -> None:
        self._left = int.from_bytes(hashlib.sha512(customer_id.encode("utf-8", "replace")).digest(), "big")

    def draw(self, below: int) -> int:
        """Return the next number in 0 <= n < below."""
        self._left, drawn = divmod(self._left, below)
        return drawn


def made_up_customer(customer_id: str, *, name: str = "", country: str = "") -> dict[str, object]:
    """Return name, language, contacts and address of a customer (CustomerUpdated fields), made up from the id."""
    lot = _Lot(customer_id)
    company = name or f"{_FIRST[lot.draw(len(_FIRST))]} {_LAST[lot.draw(len(_LAST))]}"
    person = f"{_PEOPLE[lot.draw(len(_PEOPLE))]} {_after_a_first_name(_LAST[lot.draw(len(_LAST))])}"
    mobile = f"{_MOBILE_PREFIXES[lot.draw(len(_MOBILE_PREFIXES))]}{lot.draw(10_000_000):07d}"
    contact: dict[str, object] = {
        "purpose": "REMINDER",
        "name": person,
        "email": f"administratie@{slug(customer_id)}.example",
        "mobile": mobile,
        "phone": mobile,
        "whatsapp_opt_in": lot.draw(100) < _WHATSAPP_SHARE,
    }
    address = {
        "street": f"{_STREETS[lot.draw(len(_STREETS))]} {lot.draw(200) + 1}",
        "postal_code": f"{1000 + lot.draw(9000)} {chr(65 + lot.draw(26))}{chr(65 + lot.draw(26))}",
        "city": _CITIES[lot.draw(len(_CITIES))],
        "country": country or "NL",
    }
    is_english = bool(country) and country != "NL" and lot.draw(100) < _ENGLISH_SHARE_ABROAD
    return {
        "name": company,
        "language": "en" if is_english else "nl",
        "contacts": [contact],
        "address": address,
    }


def _after_a_first_name(family: str) -> str:
    """Write a family name as Dutch does after a first name: Daan de Vries, but Bakkerij De Vries."""
    return f"{family[0].lower()}{family[1:]}" if family.startswith(("De ", "Van ")) else family


def slug(customer_id: str) -> str:
    """Return a domain label that is the customer's own: its id where that fits, with a digest where it does not."""
    plain = unicodedata.normalize("NFKD", customer_id).encode("ascii", "ignore").decode().lower()
    label = "-".join("".join(char if char.isalnum() else " " for char in plain).split())
    # "A1" and "a1" are two customers, and so are "123" and "KLANT-123": only one of each goes without a digest.
    is_plain = customer_id == label.upper() and not label.startswith("klant-")
    if label and is_plain and len(label) <= _SLUG_CHARS_MAX:
        return label if not label.isdigit() else f"klant-{label}"
    digest = hashlib.sha256(customer_id.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{label[:_SLUG_CHARS_MAX].strip('-')}-{digest}".strip("-")
