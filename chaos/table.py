"""What a run tells: the figures of contract section 1, and the table for docs/reliability.md."""

import json
from collections import defaultdict
from collections.abc import Iterator

from chaos.run import Reckoning


def figures(reckoning: Reckoning) -> Iterator[str]:
    """Yield one JSON line per figure."""
    guard, toll, n = reckoning.guard, reckoning.toll, reckoning.deliveries
    rows: list[tuple[str, str, float, str, int]] = [
        ("deliveries", "calls that a provider accepted", n, "1", n),
        ("kills", "processes killed with SIGKILL", toll.killed, "1", toll.killed),
        ("lost", "commands, facts or messages that never arrived", guard.count("lost"), "1", n),
        ("duplicates", "accepted calls beyond the first of an action", guard.count("duplicates"), "1", n),
        (
            "after_payment",
            "calls about what was settled before the claim",
            guard.count("after_payment"),
            "1",
            n,
        ),
        ("unknown", "calls whose answer nobody knows", reckoning.counts["unknown_unresolved"], "1", n),
        (
            "max_recovery_s",
            "from the end of a blow to rest",
            toll.max_recovery_s,
            "s",
            len(toll.recoveries_s),
        ),
        ("mutants_missed", "mutants let through", len(reckoning.missed), "1", len(reckoning.caught)),
    ]
    for figure, what, ours, unit, count in rows:
        yield json.dumps({"figure": figure, "what": what, "ours": round(ours, 3), "unit": unit, "n": count})


def table(reckoning: Reckoning) -> str:
    """Return the table in Markdown."""
    guard, toll, counts = reckoning.guard, reckoning.toll, reckoning.counts
    played, minutes = reckoning.played, reckoning.took_s / 60
    unresolved = f"{counts['unknown_unresolved']} ({counts['unknown_accepted']})"
    lines = [
        f"Seed {reckoning.seed}: {minutes:.1f} minutes, {played.days} days of the ledger, {played.events} events,",
        f"{played.jumps} jumps of the clock, {played.refusals} refusals to go back.",
        "",
        "| what | count |",
        "|---|---:|",
        f"| deliveries (calls that the oracle accepted) | {reckoning.deliveries} |",
        f"| commands due = sent + suppressed + failed + pending | {_sum_of(counts)} |",
        f"| kills | {toll.killed} |",
        f"| lost | {guard.count('lost')} |",
        f"| doubled | {guard.count('duplicates')} |",
        f"| after payment | {guard.count('after_payment')} |",
        f"| unknown, resolved by a look-up or call-back | {counts['unknown_resolved']} |",
        f"| unknown, unresolved (of these the oracle had accepted) | {unresolved} |",
        f"| longest recovery | {toll.max_recovery_s:.1f} s |",
        f"| answers lost by cut links | {toll.cuts} |",
        f"| restarts of the broker for a fault of its own | {reckoning.broker_faults} |",
        f"| checks while running, at rest | {guard.ticks}, {guard.rests} |",
        *_mutants(reckoning),
        f"| invariants broken | {len(guard.breaches)} |",
        "",
        *_kills(reckoning),
        "",
        "| blow | times |",
        "|---|---:|",
        *(f"| {blow} | {times} |" for blow, times in sorted(toll.blows.items())),
    ]
    return "\n".join(lines) + "\n"


def _mutants(reckoning: Reckoning) -> Iterator[str]:
    if reckoning.caught:
        yield f"| mutants caught | {len(reckoning.caught) - len(reckoning.missed)} of {len(reckoning.caught)} |"


def _sum_of(counts: dict[str, int]) -> str:
    sent = sum(counts.get(state, 0) for state in ("accepted", "delivered", "ambiguous"))
    pending = sum(counts.get(state, 0) for state in ("pending", "claimed", "calling"))
    suppressed, failed = counts.get("suppressed", 0), counts.get("failed", 0)
    return f"{counts['due']} = {sent} + {suppressed} + {failed} + {pending}"


def _kills(reckoning: Reckoning) -> Iterator[str]:
    """One row per point, one column per victim."""
    by_point: dict[str, dict[str, int]] = defaultdict(dict)
    for (victim, point), times in reckoning.toll.kills.items():
        by_point[point][victim] = times
    victims = sorted({victim for victim, _ in reckoning.toll.kills})
    yield f"| killed at | {' | '.join(victims)} |"
    yield f"|---|{'---:|' * len(victims)}"
    for point in sorted(by_point):
        yield f"| {point} | {' | '.join(str(by_point[point].get(victim, 0)) for victim in victims)} |"
