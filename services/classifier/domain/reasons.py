"""The one sentence that says why a customer has its tier, in English and in Dutch."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from classifier.domain.tier import Decision, Rule, Tier

_NAMES_EN: Final = {Tier.GOLD: "gold", Tier.SILVER: "silver", Tier.BRONZE: "bronze"}
_NAMES_NL: Final = {Tier.GOLD: "goud", Tier.SILVER: "zilver", Tier.BRONZE: "brons"}
_MONTHS_NL: Final = (
    "januari februari maart april mei juni juli augustus september oktober november december".split()
)
_MONTHS_EN: Final = (
    "January February March April May June July August September October November December".split()
)


class Reason(NamedTuple):
    """One sentence in each language."""

    en: str
    nl: str


def reason_for(decision: Decision) -> Reason:
    """Explain a computed tier."""
    match decision.rule:
        case Rule.OPEN_OVERDUE:
            return _open_overdue(decision)
        case Rule.BROKEN_TWICE:
            return _broken_twice(decision)
        case Rule.TABLE:
            return _by_table(decision)
        case Rule.NEWCOMER | Rule.PIN:
            return Reason(
                "New customer, fewer than 3 payment moments known: bronze for now.",
                "Nieuwe klant, nog geen 3 betaalmomenten bekend: voorlopig brons.",
            )


def reason_for_pin(tier: Tier, *, author: str, expires_on: int, text: str) -> Reason:
    """Explain a tier that a person has set."""
    why = text.strip().rstrip(".")
    return Reason(
        f"Set to {_NAMES_EN[tier]} by {author} until {_day_en(expires_on)}: {why}.",
        f"Op {_NAMES_NL[tier]} gezet door {author} tot en met {_day_nl(expires_on)}: {why}.",
    )


def reason_for_pin_end(old: Tier, new: Tier, *, computed: Reason) -> Reason:
    """Explain what holds again when a pin has ended."""
    return Reason(
        f"The manual tier has ended: {_NAMES_EN[old]} → {_NAMES_EN[new]}. {computed.en}",
        f"De handmatige indeling is afgelopen: {_NAMES_NL[old]} → {_NAMES_NL[new]}. {computed.nl}",
    )


def _open_overdue(decision: Decision) -> Reason:
    en, nl = _arrows(decision)
    days = decision.limit_days
    return Reason(
        f"An invoice is still open more than {days} days after its due date: {en}.",
        f"Een factuur staat meer dan {days} dagen na de vervaldatum nog open: {nl}.",
    )


def _broken_twice(decision: Decision) -> Reason:
    en, nl = _arrows(decision)
    return Reason(
        f"A direct debit bounced or a promise was broken for the second time within a year: {en}.",
        f"Voor de tweede keer binnen een jaar is een incasso mislukt of een betaalbelofte niet nagekomen: {nl}.",
    )


def _by_table(decision: Decision) -> Reason:
    en, nl = _arrows(decision)
    if decision.old is decision.new or _fell(decision):
        late_en, late_nl = _late(decision)
        return Reason(f"{late_en}: {en}.", f"{late_nl}: {nl}.")
    good, among = decision.among - decision.bad, decision.among
    if not decision.bad:
        return Reason(
            f"All of the last {among} payment moments were on time: {en}.",
            f"Alle laatste {among} betaalmomenten waren op tijd: {nl}.",
        )
    return Reason(
        f"{good} of the last {among} payment moments {'was' if good == 1 else 'were'} on time: {en}.",
        f"{good} van de laatste {among} betaalmomenten {'was' if good == 1 else 'waren'} op tijd: {nl}.",
    )


def _late(decision: Decision) -> tuple[str, str]:
    bad, among = decision.bad, decision.among
    days_en = f" ({_days(decision.days_late, 'and', 'day', 'days')})" if decision.days_late else ""
    days_nl = f" ({_days(decision.days_late, 'en', 'dag', 'dagen')})" if decision.days_late else ""
    if not bad:
        return (
            f"None of the last {among} payment moments was late",
            f"Geen van de laatste {among} betaalmomenten was te laat",
        )
    one = bad == 1
    return (
        f"{bad} of the last {among} payment moments {'was' if one else 'were'} late{days_en}",
        f"{bad} van de laatste {among} betaalmomenten {'was' if one else 'waren'} te laat{days_nl}",
    )


def _arrows(decision: Decision) -> tuple[str, str]:
    old, new = decision.old, decision.new
    if old is new:
        return f"{_NAMES_EN[new]}", f"{_NAMES_NL[new]}"
    return f"{_NAMES_EN[old]} → {_NAMES_EN[new]}", f"{_NAMES_NL[old]} → {_NAMES_NL[new]}"


def _fell(decision: Decision) -> bool:
    order = (Tier.BRONZE, Tier.SILVER, Tier.GOLD)
    return order.index(decision.new) < order.index(decision.old)


def _days(days: Sequence[int], conjunction: str, one: str, many: str) -> str:
    *first, last = map(str, days)
    listed = f"{', '.join(first)} {conjunction} {last}" if first else last
    return f"{listed} {one if list(days) == [1] else many}"


def _day_en(day: int) -> str:
    on = date.fromordinal(day)
    return f"{on.day} {_MONTHS_EN[on.month - 1]} {on.year}"


def _day_nl(day: int) -> str:
    on = date.fromordinal(day)
    return f"{on.day} {_MONTHS_NL[on.month - 1]} {on.year}"
