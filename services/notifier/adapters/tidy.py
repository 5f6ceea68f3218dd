"""What others call things, made fit to stand in a sentence: one line, nothing invisible, nothing that steers."""

import unicodedata
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from operator import is_
from typing import Any, Final, TypeVar

SHORT_CHARS_MAX: Final = 128
"""Characters of one name or number in a message that is paid for by the part; every identifier fits."""

# Joiners hold emoji and some scripts together; all other format characters hide or reorder text.
_JOINERS: Final = frozenset("\u200c\u200d")
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs"})

T = TypeVar("T")


def one_line(text: str) -> str:
    """Return ``text`` on one line, without control characters and without those that hide or reorder."""
    if text.isprintable():
        return text
    kept = (c for c in " ".join(text.split()) if c in _JOINERS or unicodedata.category(c) not in _DROPPED)
    return "".join(kept)


def tidied(value: T, *, chars_max: int | None = None) -> T:
    """Return a frozen value with every text in it on one line, cut to ``chars_max`` characters where given."""
    return _tidied(value, chars_max)  # type: ignore[no-any-return]  # the same type comes back


def _tidied(value: Any, chars_max: int | None) -> Any:
    kind: Any = type(value)
    # Members of closed sets are texts too, but ours.
    if kind is str:
        line = value if value.isprintable() else one_line(value)
        return line if chars_max is None or len(line) <= chars_max else f"{line[: chars_max - 1]}…"
    if kind is tuple:
        parts = [_tidied(item, chars_max) for item in value]
        return value if all(map(is_, parts, value)) else tuple(parts)
    changed = {}
    for name in _parts(kind):
        before = getattr(value, name)
        after = _tidied(before, chars_max)
        if after is not before and after != before:
            changed[name] = after
    return replace(value, **changed) if changed else value


@lru_cache(maxsize=64)
def _parts(kind: type) -> tuple[str, ...]:
    """Return the names of the parts of a dataclass; other values have none."""
    return tuple(part.name for part in fields(kind)) if is_dataclass(kind) else ()
