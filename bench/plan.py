"""What a hundred million invoices a month would take, on paper: the load by assumption, the capacity as measured."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

INVOICES_A_MONTH = 100_000_000
EVENTS_PER_INVOICE = 2.3
"""Issued and paid; a third of them is corrected, credited, reversed or written off once."""
PEAK_SHARE_OF_A_MONTH = 0.05
PEAK_HOURS = 1
"""Billing runs and bank files: a twentieth of the month comes within one hour."""
LATE_SHARE = 0.3
CONTACTS_PER_LATE_INVOICE = 1.5
WORKING_DAYS = 21
SENDING_HOURS = 2
"""What is due at nine must be out by eleven."""
READS_PER_S = 2000
HEADROOM = 0.5
"""A replica is planned to be half busy."""
PARTITIONS_PER_REPLICA = 2
"""So that the replicas can be doubled without new partitions (a key must stay on its partition)."""


@dataclass(frozen=True, slots=True)
class Need:
    """One kind of work: how much of it comes a second, and what one process does a second."""

    what: str
    per_s: float
    capacity_per_s: float
    rests_on: str

    @property
    def replicas(self) -> int:
        """Processes that carry the load at half their capacity, at least two."""
        return max(2, math.ceil(self.per_s / (self.capacity_per_s * HEADROOM)))


def needs(ours: Mapping[str, float], *, processes: int) -> list[Need]:
    """Return what is needed, from the figures of a run on a machine that carried so many processes at once."""
    peak_per_s = INVOICES_A_MONTH * EVENTS_PER_INVOICE * PEAK_SHARE_OF_A_MONTH / (PEAK_HOURS * 3600)
    contacts_a_day = INVOICES_A_MONTH * LATE_SHARE * CONTACTS_PER_LATE_INVOICE / WORKING_DAYS
    mails_per_s = contacts_a_day / (SENDING_HOURS * 3600)
    return [
        Need("invoices: events taken in", peak_per_s, ours["P1"] / processes, f"P1 / {processes} processes"),
        Need("classifier: changes folded", peak_per_s, ours["P3"], "P3"),
        Need(
            "scheduler: decisions",
            peak_per_s + mails_per_s,
            ours["P4"] / processes,
            f"P4 / {processes} processes",
        ),
        Need("notifier: messages out", mails_per_s, ours["P9"], "P9"),
        Need("invoices: readings", READS_PER_S, 500, "P12's rate"),
    ]


def plan(ours: Mapping[str, float], *, processes: int = 2) -> str:
    """Return the plan as a Markdown table; '' where a figure that it rests on is missing."""
    if not {"P1", "P3", "P4", "P9"} <= set(ours):
        return ""
    lines = [
        "| work | needed at the peak | one process | rests on | replicas | partitions |",
        "|---|---|---|---|---|---|",
    ]
    for need in needs(ours, processes=processes):
        reads = need.what.endswith("readings")
        partitions = "" if reads else str(need.replicas * PARTITIONS_PER_REPLICA)
        lines.append(
            f"| {need.what} | {need.per_s:,.0f}/s | {need.capacity_per_s:,.0f}/s | {need.rests_on} | {need.replicas} | {partitions} |"
        )
    return "\n".join(lines)
