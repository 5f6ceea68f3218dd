"""The currencies a ledger may use and how many decimals each has (ISO 4217)."""

from chassis.kernel.money import DECIMALS

# Units of account and fund codes of ISO 4217: nobody is invoiced in them.
_FUNDS = frozenset("BOV CHE CHW COU MXV USN UYI CLF UYW VED".split())
_CODES = DECIMALS.keys() - _FUNDS
_WORDS = {"€": "EUR", "EURO": "EUR", "£": "GBP", "$": "USD", "US$": "USD", "¥": "JPY"}


def currency_code(raw: str) -> str | None:
    """Return the ISO code that a currency column or an amount's sign means, None when it is no currency."""
    text = raw.strip().upper()
    code = _WORDS.get(text, text)
    return code if code in _CODES else None


def decimals_of(currency: str) -> int:
    """Return the number of decimals of a known currency: 0, 2 or 3."""
    return DECIMALS[currency]
