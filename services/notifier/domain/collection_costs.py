"""Extrajudicial collection costs by the Dutch scale (Besluit BIK, Stb. 2012, 141; law.md 1.1): dated data, exact cents."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice of the principal: its upper edge in euro (None: no edge) and its rate."""

    up_to: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale in force from a day: slices, the bounds of the fee before VAT, and the VAT rate."""

    from_day: date
    slices: tuple[Slice, ...]
    fee_min: Decimal
    fee_max: Decimal
    vat_rate: Decimal
    source: str


SCALES: Final = (
    Scale(
        from_day=date(2012, 7, 1),
        slices=(
            Slice(Decimal(2_500), Decimal("0.15")),
            Slice(Decimal(5_000), Decimal("0.10")),
            Slice(Decimal(10_000), Decimal("0.05")),
            Slice(Decimal(200_000), Decimal("0.01")),
            Slice(None, Decimal("0.005")),
        ),
        fee_min=Decimal(40),
        fee_max=Decimal(6_775),
        vat_rate=Decimal("0.21"),
        source="https://zoek.officielebekendmakingen.nl/stb-2012-141.html",
    ),
)


@dataclass(frozen=True, slots=True)
class CollectionCosts:
    """The fee in euro, and the VAT on it (0 for a creditor who deducts VAT)."""

    fee: Decimal
    vat: Decimal

    @property
    def total(self) -> Decimal:
        """Fee and VAT together."""
        return self.fee + self.vat


def collection_costs(principals: Iterable[Decimal], *, on: date, with_vat: bool) -> CollectionCosts:
    """Return the costs on several principals in euro, added up first (art. 6:96(7) BW).

    ``with_vat``: the creditor cannot deduct VAT (art. 2(3) of the decree). Rounded to the cent, half up,
    once at the end; minimum and maximum apply before VAT; a principal of zero or less costs nothing.
    """
    principal = sum(principals, Decimal(0))
    if principal <= 0:
        return CollectionCosts(Decimal("0.00"), Decimal("0.00"))
    scale = _scale_on(on)
    fee = min(max(_by_slices(principal, scale=scale), scale.fee_min), scale.fee_max)
    vat = fee * scale.vat_rate if with_vat else Decimal(0)
    return CollectionCosts(_cents(fee), _cents(fee + vat) - _cents(fee))


def _by_slices(principal: Decimal, *, scale: Scale) -> Decimal:
    fee, lower = Decimal(0), Decimal(0)
    for part in scale.slices:
        upper = principal if part.up_to is None else min(principal, part.up_to)
        fee += max(upper - lower, Decimal(0)) * part.rate
        lower = upper
    return fee


def _scale_on(day: date) -> Scale:
    # Before the first scale the first one is used: nothing older can still be claimed (law.md 1.5, five years).
    in_force = [scale for scale in SCALES if scale.from_day <= day]
    return in_force[-1] if in_force else SCALES[0]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
