"""Finds which column of a ledger is which, by its name or by a mapping that the user gives."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.ledger.model import LedgerError
from sandbox.ledger.synonyms import REQUIRED, SYNONYMS

_WORDS = {
    "customer": "a customer",
    "invoice": "an invoice number",
    "issued": "an issue date",
    "due": "a due date",
    "paid": "a payment date",
    "amount": "an amount",
}
# What people write for a role in their own mapping, beside the role's own name.
_ROLE_ALIASES = {
    "customerid": "customer",
    "klant": "customer",
    "invoicenumber": "invoice",
    "invoiceid": "invoice",
    "factuur": "invoice",
    "issue": "issued",
    "issuedate": "issued",
    "issuedon": "issued",
    "invoicedate": "issued",
    "factuurdatum": "issued",
    "duedate": "due",
    "dueon": "due",
    "vervaldatum": "due",
    "payment": "paid",
    "paymentdate": "paid",
    "paidon": "paid",
    "betaaldatum": "paid",
    "bedrag": "amount",
    "valuta": "currency",
    "customername": "name",
    "naam": "name",
    "betwist": "disputed",
}

LooksRight = Callable[[str, int], bool]
"""(role, column index) -> whether the column's values can be of that role; asked for doubtful names only."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which role is in which column, by index, and what is worth saying about the choice."""

    at: Mapping[str, int]
    notes: tuple[str, ...] = ()


def normalised(name: str) -> str:
    """Reduce a column name to its letters and digits: no case, accents, spaces, underscores or signs."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(char for char in plain if char.isalnum() and not unicodedata.combining(char))


def _ranked(role: str) -> list[frozenset[str]]:
    return [frozenset(rank.split()) for rank in SYNONYMS[role]]


RANKED = {role: _ranked(role) for role in SYNONYMS}


def recognised(header: Sequence[str]) -> int:
    """Count the required roles that some name in this header could fill."""
    names = {normalised(name) for name in header}
    return sum(any(names & rank for rank in RANKED[role]) for role in REQUIRED)


def find_columns(header: Sequence[str], *, mapping: Mapping[str, str], looks_right: LooksRight) -> Columns:
    """Map roles to columns: the mapping first, then the surest names; raise LedgerError naming what is missing."""
    at = _mapped(header, mapping)
    notes: list[str] = []
    for role in sorted(SYNONYMS, key=lambda role: role not in REQUIRED):
        if role in at:
            continue
        found = _candidates(role, header, taken=set(at.values()), looks_right=looks_right)
        if len(found) == 1:
            at[role] = found[0]
        elif found and role in REQUIRED:
            raise LedgerError(_ambiguous(role, [header[index] for index in found], header))
        elif found:
            names = " and ".join(f"'{header[index]}'" for index in found)
            notes.append(f"{names} could each be the {role}: none is used (a mapping can name one)")
    _refuse_missing(header, at)
    return Columns(at=at, notes=tuple(notes))


def _candidates(role: str, header: Sequence[str], *, taken: set[int], looks_right: LooksRight) -> list[int]:
    for rank, names in enumerate(RANKED[role]):
        found = [i for i, name in enumerate(header) if i not in taken and _plain(name, role) in names]
        if _is_doubtful(role, rank):
            found = [index for index in found if looks_right(role, index)]
        if found:
            return found
    return []


def _plain(name: str, role: str) -> str:
    plain = normalised(name)
    # "Bedrag (EUR)" and "Amount in euro" are amounts.
    return re.sub(r"(?:in)?euro?$", "", plain) if role == "amount" else plain


def _is_doubtful(role: str, rank: int) -> bool:
    # "paid" may hold yes/no and "countryCode" a telephone code: the values decide.
    return role == "country" or (rank >= 1 and role in {"issued", "due", "paid", "amount"})


def _mapped(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    at: dict[str, int] = {}
    for given_role, column in mapping.items():
        role = _role(given_role)
        at[role] = _column(column, header, role=role)
    return at


def _role(given: str) -> str:
    plain = normalised(given)
    for role in SYNONYMS:
        if plain == normalised(role):
            return role
    if plain in _ROLE_ALIASES:
        return _ROLE_ALIASES[plain]
    raise LedgerError(f"the mapping names '{given}', which is none of: {', '.join(SYNONYMS)}")


def _column(column: str, header: Sequence[str], *, role: str) -> int:
    exact = [index for index, name in enumerate(header) if name.strip() == column.strip()]
    wanted = normalised(column)
    found = exact or [index for index, name in enumerate(header) if wanted and normalised(name) == wanted]
    if len(found) == 1:
        return found[0]
    what = "is not in the file" if not found else f"stands {len(found)} times in the header"
    raise LedgerError(
        f"the mapping says that '{column}' is the {role}, but that column {what}. {_seen(header)}"
    )


def _is_called(name: str, role: str) -> bool:
    return any(_plain(name, role) in rank for rank in RANKED[role])


def _refuse_missing(header: Sequence[str], at: Mapping[str, int]) -> None:
    missing = [role for role in REQUIRED if role not in at]
    for role in missing:
        named = [name for i, name in enumerate(header) if i not in at.values() and _is_called(name, role)]
        if named:
            raise LedgerError(
                f"'{named[0]}' is called like {_WORDS[role]}, but most of its values cannot be read as one. {_seen(header)} "
                f"If it is the column all the same, say so with a mapping: {role}={named[0]}"
            )
    if missing:
        words = ", ".join(f"{_WORDS[role]} ({role})" for role in missing)
        hint = f"{missing[0]}=<column>"
        raise LedgerError(f"no column was found for {words}. {_seen(header)} Name it with a mapping: {hint}")


def _ambiguous(role: str, names: Sequence[str], header: Sequence[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return (
        f"several columns could be {_WORDS[role]}: {listed}. {_seen(header)} "
        f"Choose one with a mapping: {role}={names[0]}"
    )


def _seen(header: Sequence[str]) -> str:
    names = ", ".join(f"'{name.strip()[:60]}'" for name in header[:60])
    return f"Columns seen: {names}{', …' if len(header) > 60 else ''}."


def read_mapping(given: str) -> dict[str, str]:
    """Read a mapping: ``customer=Klant,invoice=Fact.nr`` or the path of a YAML or JSON file; '' is none.

    Raises LedgerError when it is neither.
    """
    if not given.strip():
        return {}
    if "=" not in given or Path(given).is_file():
        return _mapping_of_file(Path(given))
    mapping: dict[str, str] = {}
    for part in given.split(","):
        role, equals, column = part.partition("=")
        if not (equals and role.strip() and column.strip()):
            raise LedgerError(f"'{part}' in the mapping is not of the form role=column")
        mapping[role.strip()] = column.strip()
    return mapping


def _mapping_of_file(path: Path) -> dict[str, str]:
    try:
        # JSON is YAML, so one reader serves both.
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise LedgerError(f"the mapping file '{path}' does not exist") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LedgerError(f"the mapping file '{path}' cannot be read: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content.values()):
        raise LedgerError(f"the mapping file '{path}' must say role: column, one a line")
    return {str(role): str(column) for role, column in content.items()}
