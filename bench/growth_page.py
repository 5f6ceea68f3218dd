"""Draws the growth's plot and writes its table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figure import Figure
from sandbox.stack.layout import REPOSITORY

PLOT = REPOSITORY / "docs" / "growth.svg"
PAGE = REPOSITORY / "docs" / "growth.md"


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured with one number of customers, three open invoices each."""

    customers: int
    event_us: Mapping[str, float]
    """CPU microseconds of each service, and of all of PostgreSQL, per invoice event."""
    memory_mb: Mapping[str, float]
    decision_us: float
    decisions: int

    def figures(self, *, events: int) -> list[Figure]:
        """Return the figures of the contract's output."""
        on = f"{self.customers} customers with three open invoices each"
        found = [
            Figure(f"growth-event-{name.lower()}", f"{name}: CPU per invoice event, {on}", us, "µs", events)
            for name, us in self.event_us.items()
        ]
        found += [
            Figure(f"growth-memory-{name}", f"{name}: resident memory, {on}", mb, "MB", 1)
            for name, mb in self.memory_mb.items()
        ]
        decision = f"scheduler: CPU per decision, {on}"
        return [*found, Figure("growth-decision", decision, self.decision_us, "µs", self.decisions)]


def write_table(points: Sequence[Point], replicas: Figure, *, page: Path = PAGE) -> None:
    """Write the numbers as a page of their own."""
    names = [
        *(f"event, {name} (µs)" for name in points[0].event_us),
        "decision (µs)",
        *(f"{name} (MB)" for name in points[0].memory_mb),
    ]
    lines = [
        "# How it grows: the numbers",
        "",
        "Made by `make growth`; CPU time of the process per event and per decision (of PostgreSQL: all of its processes), resident memory after the events.",
        "",
        f"| customers | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for point in points:
        cells = [*point.event_us.values(), point.decision_us, *point.memory_mb.values()]
        lines.append(f"| {point.customers:,} | {' | '.join(f'{cell:.0f}' for cell in cells)} |")
    gained = replicas.ours / (replicas.limit or replicas.ours)
    lines += [
        "",
        f"{replicas.what}: {replicas.ours:,.0f} events/s over {replicas.limit:,.0f}: {gained:.2f}x.",
    ]
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def draw(points: Sequence[Point], *, plot: Path = PLOT) -> None:
    """Draw cost and memory against the number of customers."""
    import matplotlib as mpl  # noqa: PLC0415 - of the benchmark's own dependency group

    mpl.use("svg")
    # The same numbers give the same file.
    mpl.rcParams["svg.hashsalt"] = "velvet"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    customers = [point.customers for point in points]
    figure, (cost, memory) = plt.subplots(1, 2, figsize=(10, 4.6))
    for name in points[0].event_us:
        cost.plot(
            customers, [point.event_us[name] for point in points], marker="o", label=f"{name}, per event"
        )
    for name in points[0].memory_mb:
        memory.plot(customers, [point.memory_mb[name] for point in points], marker="o", label=name)
    cost.plot(
        customers,
        [point.decision_us for point in points],
        marker="s",
        ls="--",
        label="scheduler, per decision",
    )
    _finish(cost, "CPU time (µs)")
    _finish(memory, "resident memory (MB)")
    figure.tight_layout()
    figure.savefig(plot, metadata={"Date": None})
    plt.close(figure)


def _finish(axes: Any, label: str) -> None:
    axes.set(xscale="log", xlabel="customers, three open invoices each", ylabel=label)
    # Room above the highest point, and the names below the axes: nothing lies over a point.
    axes.set_ylim(0, 1.1 * axes.dataLim.ymax)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.18))
