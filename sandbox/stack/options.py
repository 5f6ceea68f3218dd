"""Reads the numbers that a command of the Makefile takes from the environment."""

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

N = TypeVar("N", int, float)


def number(environ: Mapping[str, str], name: str, kind: Callable[[str], N], *, default: N) -> N:
    """Return the number that a setting gives; raises ValueError with a sentence that names it."""
    given = environ.get(name, "").strip()
    try:
        return kind(given) if given else default
    except ValueError:
        raise ValueError(f"{name}: {given!r} is not a number.") from None


def minutes(environ: Mapping[str, str], name: str, *, default: float) -> float:
    """Return the length of a run in minutes; raises ValueError with a sentence for one that cannot be.

    None at all (0) can be asked for only where that is the default.
    """
    found = number(environ, name, float, default=default)
    if not (0 < found < math.inf or found == default):
        raise ValueError(f"{name}: {found:g} is no length of a run.")
    return found
