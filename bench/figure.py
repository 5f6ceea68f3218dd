"""One figure of the benchmark, printed as one JSON line (contract section 1)."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured; ``limit`` is the other side's figure where the goal is a ratio."""

    figure: str
    what: str
    ours: float
    unit: str
    n: int
    limit: float | None = None

    def line(self) -> str:
        """Return the JSON line; ratio and limit only where there is a limit."""
        fields: dict[str, object] = {"figure": self.figure, "what": self.what, "ours": round(self.ours, 3)}
        if self.limit is not None:
            fields |= {"limit": round(self.limit, 3), "ratio": round(self.ours / self.limit, 3)}
        return json.dumps(fields | {"unit": self.unit, "n": self.n}, ensure_ascii=False)


def median(values: Sequence[float]) -> float:
    """Return the median of the repetitions."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` (0-1] of the values do not exceed (nearest rank)."""
    if not values or not 0 < share <= 1:
        raise ValueError("a percentile needs values and a share above 0 and at most 1")
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]
