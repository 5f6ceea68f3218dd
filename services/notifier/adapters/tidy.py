"""What others call things, made fit to stand in a sentence: one line, nothing invisible, nothing that steers."""

import unicodedata
from dataclasses import fields, is_dataclass, replace
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
    # Members of closed sets are texts too, but ours.
    if type(value) is str:
        line = one_line(value)
        return line if chars_max is None or len(line) <= chars_max else f"{line[: chars_max - 1]}…"
    if isinstance(value, tuple):
        return tuple(_tidied(item, chars_max) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for part in fields(value):
            before = getattr(value, part.name)
            after = _tidied(before, chars_max)
            if after is not before and after != before:
                changed[part.name] = after
        return replace(value, **changed) if changed else value
    return value
