"""Reads exact amounts with the decimal mark that the whole column agrees on."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sandbox.ledger.currencies import currency_code, decimals_of

AMOUNT_DIGITS_MAX = 15

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’]")
# A currency stands before or after the number, never inside it.
_SIGN = re.compile(r"^[+-]?(US\$|[€£$¥]|EURO?|[A-Z]{3})|(US\$|[€£$¥]|EURO?|[A-Z]{3})[+-]?$", re.IGNORECASE)
_BODY = re.compile(r"[0-9.,]*[0-9][0-9.,]*", re.ASCII)
_LARGEST_GROUP = 3


@dataclass(frozen=True, slots=True)
class Written:
    """An amount as written: its digits and marks, its sign, and the currency it names itself ('' for none)."""

    body: str
    is_negative: bool
    sign: str


@dataclass(frozen=True, slots=True)
class DecimalMark:
    """The mark before the decimals, '.' or ',', and the sentence that says so aloud."""

    mark: str
    note: str


@lru_cache(maxsize=65_536)
def written_of(raw: str) -> Written | None:
    """Take an amount apart, None when it is no amount: signs before or after, parentheses, '1.234,-'."""
    text = _SPACES.sub("", raw).replace("\u2212", "-").replace("\u2013", "-")
    text, is_negative = _without_parentheses(text)
    text, sign = _without_sign(text)
    if sign and currency_code(sign) is None:
        return None
    # "1.234,-" and "1.234,--" are Dutch for no cents.
    text = re.sub(r"([.,])(?:-{1,2}|=)$", r"\g<1>00", text)
    text, minus = _without_minus(text)
    # "(-5)" is minus five to one program and plus five to another: nobody is approached on a guess.
    if not _BODY.fullmatch(text) or (is_negative and minus):
        return None
    return Written(body=text, is_negative=is_negative or minus, sign=sign)


def _without_sign(text: str) -> tuple[str, str]:
    found = _SIGN.search(text)
    if not found:
        return text, ""
    at = 1 if found[1] else 2
    return text[: found.start(at)] + text[found.end(at) :], found[at].upper()


def _without_parentheses(text: str) -> tuple[str, bool]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1], True
    return text, False


def _without_minus(text: str) -> tuple[str, bool]:
    if text.startswith(("-", "+")):
        return text[1:], text[0] == "-"
    if text.endswith(("-", "+")):
        return text[:-1], text[-1] == "-"
    return text, False


def detect_mark(values: Iterable[str]) -> DecimalMark:
    """Decide the decimal mark over a whole column: values that can be read in one way only decide."""
    votes: Counter[str] = Counter()
    undecided: Counter[str] = Counter()
    for raw in values:
        written = written_of(raw)
        if written is None:
            continue
        mark, is_certain = _mark_of(written.body)
        if mark and is_certain:
            votes[mark] += 1
        elif mark:
            undecided[mark] += 1
    return _decided(votes, undecided)


def _decided(votes: Counter[str], undecided: Counter[str]) -> DecimalMark:
    if votes:
        mark = "," if votes[","] > votes["."] else "."
        against = votes.total() - votes[mark]
        said = f"amounts: decimal mark '{mark}' (decided by {votes[mark]} values"
        return DecimalMark(mark, f"{said}, {against} contradict)" if against else f"{said})")
    if undecided:
        # Three digits after one mark: amounts of money have two decimals, so the mark groups thousands.
        groups = "," if undecided[","] > undecided["."] else "."
        mark = "." if groups == "," else ","
        return DecimalMark(
            mark, f"amounts: decimal mark '{mark}' ASSUMED: every '{groups}' stands before three digits"
        )
    return DecimalMark(".", "amounts: whole numbers only, no decimal mark seen")


def _mark_of(body: str) -> tuple[str, bool]:
    """Return the decimal mark that one value shows and whether that is certain; for an uncertain one, its only mark."""
    last = max(body.rfind("."), body.rfind(","))
    if last < 0:
        return "", False
    mark, other = body[last], "," if body[last] == "." else "."
    if other in body:
        return mark, True
    if body.count(mark) > 1:
        return other, True
    before, after = body[:last], body[last + 1 :]
    can_group = (
        len(after) == _LARGEST_GROUP and 1 <= len(before) <= _LARGEST_GROUP and not before.startswith("0")
    )
    return mark, not can_group


def parse_amount(raw: str, *, mark: str, currency: str) -> Decimal:
    """Return the exact amount; raise ValueError with a reason fit to print.

    Zeros beyond the currency's decimals change nothing and are accepted; any other digit there is refused.
    """
    written = written_of(raw)
    shown = raw.strip()[:40]
    if written is None:
        raise ValueError(f"'{shown}' is not an amount")
    whole, _, fraction = written.body.partition(mark)
    digits = _whole_digits(whole, mark=mark)
    if digits is None or not (fraction.isdigit() or not fraction):
        raise ValueError(f"'{shown}' is not an amount with decimal mark '{mark}'")
    places = decimals_of(currency)
    if len(fraction.rstrip("0")) > places:
        raise ValueError(f"'{shown}' has more decimals than {currency} has ({places})")
    if len(digits.lstrip("0")) > AMOUNT_DIGITS_MAX:
        raise ValueError(f"'{shown}' has more than {AMOUNT_DIGITS_MAX} digits")
    exact = Decimal(f"{digits or '0'}.{(fraction[:places]).ljust(places, '0')}".rstrip("."))
    return -exact if written.is_negative and exact else exact


def _whole_digits(whole: str, *, mark: str) -> str | None:
    """Return the digits before the decimal mark, None when the thousands are not grouped by three."""
    groups = whole.split("." if mark == "," else ",")
    if len(groups) > 1 and (
        not 1 <= len(groups[0]) <= _LARGEST_GROUP or any(len(group) != _LARGEST_GROUP for group in groups[1:])
    ):
        return None
    digits = "".join(groups)
    return digits if digits.isdigit() or not digits else None
