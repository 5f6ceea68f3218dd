"""How long to wait before trying again: a decision, made from data."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, with jitter, bounded."""

    first_s: float = 0.1
    factor: float = 2.0
    limit_s: float = 30.0
    jitter: float = 0.2
    """Share by which a delay may be shorter, so that replicas do not try in step."""

    def delay_s(self, attempt: int) -> float:
        """Return the seconds to wait after the ``attempt``-th failure (from 1)."""
        exponent = min(max(attempt, 1) - 1, 60)
        longest = min(self.limit_s, self.first_s * self.factor**exponent)
        return longest * (1 - self.jitter * random.random())  # noqa: S311 - jitter, not a secret
