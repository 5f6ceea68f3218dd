"""Exact money: a decimal amount in one currency, never mixed, never a float."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from chassis.kernel.errors import Poison

AMOUNT_DIGITS_MAX: Final = 18
"""Digits of an amount, decimals included: what ``numeric(20, 4)`` and every ERP can hold."""

# ISO 4217 (list one): the number of decimals ("minor unit") of every active currency that is not 2.
_DECIMALS_NOT_TWO: Final = {
    **dict.fromkeys(("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF").split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_DECIMALS_TWO: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT "
    "MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR "
    "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU "
    "UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
DECIMALS: Final = {**dict.fromkeys(_DECIMALS_TWO.split(), 2), **_DECIMALS_NOT_TWO}
"""Number of decimals by ISO 4217 currency code."""
_SMALLEST: Final = {code: Decimal(1).scaleb(-decimals) for code, decimals in DECIMALS.items()}


class CurrencyMismatch(Poison):
    """Two amounts of different currencies met where one currency is needed."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"amounts in {left} and {right} do not mix", field="currency")


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency; negative on a correction."""

    currency: str
    amount: Decimal

    def __add__(self, other: "Money") -> "Money":
        return Money(self.currency, self.amount + self._same(other))

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.currency, self.amount - self._same(other))

    def __neg__(self) -> "Money":
        return Money(self.currency, -self.amount)

    def covers(self, other: "Money") -> bool:
        """Say whether this amount is at least ``other``; raises CurrencyMismatch."""
        return self.amount >= self._same(other)

    def _same(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.amount

    def text(self) -> str:
        """Write the amount as a plain decimal string with the currency's own number of decimals."""
        return amount_text(self.amount, currency=self.currency)


def amount_text(amount: Decimal, *, currency: str) -> str:
    """Write an amount as a plain decimal string, e.g. ``1656.25`` (no exponent, no grouping)."""
    return f"{amount:.{DECIMALS.get(currency, 2)}f}"


def read_currency(code: str, *, field: str = "currency") -> str:
    """Check an ISO 4217 code; raises Poison naming ``field``."""
    if code not in DECIMALS:
        raise Poison("it is no known currency; an ISO 4217 code such as EUR is needed", field=field)
    return code


def read_amount(text: str, *, currency: str, field: str = "amount") -> Decimal:
    """Read a decimal string exactly; raises Poison naming ``field`` for anything else.

    Refused: no number, NaN or infinity, an exponent, more decimals than the currency has,
    more than AMOUNT_DIGITS_MAX digits.
    """
    digits = text.removeprefix("-")
    if (
        not digits.replace(".", "", 1).isdecimal()
        or not digits.isascii()
        or digits[0] == "."
        or digits[-1] == "."
    ):
        raise Poison("it is not a decimal number such as 1656.25", field=field)
    whole, _, fraction = digits.partition(".")
    if len(fraction) > DECIMALS[currency] and fraction[DECIMALS[currency] :].strip("0"):
        raise Poison(f"it has more decimals than {currency} has ({DECIMALS[currency]})", field=field)
    if len(whole.lstrip("0")) + DECIMALS[currency] > AMOUNT_DIGITS_MAX:
        raise Poison(f"the amount has more than {AMOUNT_DIGITS_MAX} digits", field=field)
    try:
        return Decimal(text).quantize(_SMALLEST[currency])
    except InvalidOperation as error:
        raise Poison("it is not a decimal number such as 1656.25", field=field) from error
