"""Tells in plain words what a replay did: who was approached, how and why, and who was not."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from sandbox.replay.evidence import Evidence
from sandbox.replay.verdicts import SENT, Truth, Violation

TIERS = ("GOLD", "SILVER", "BRONZE")
EXAMPLES_MAX = 8
REASONS_MAX = 8
VIOLATIONS_SHOWN_MAX = 20

Item = Mapping[str, Any]


def print_report(
    console: Console, truth: Truth, evidence: Evidence, *, violations: Sequence[Violation]
) -> None:
    """Print the whole report; figures are plain digits."""
    console.rule("Velvet: what was done, and why")
    for table in (_tiers(evidence), _messages(evidence), _calls(evidence)):
        _print_table(console, table)
    _examples(console, evidence)
    for table in (_not_sent(truth, evidence), _days_to_pay(truth, evidence)):
        _print_table(console, table)
    _verdict(console, evidence, violations)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right")
    return table


def _print_table(console: Console, table: Table) -> None:
    """Print a table; one without rows is a sentence."""
    console.print(table if table.row_count else f"[bold]{table.title}[/bold]\nnone")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _tiers(evidence: Evidence) -> Table:
    counts = Counter(tier["tier"] for tier in evidence.tiers.values())
    unknown = sum(1 for tier in evidence.tiers.values() if tier["unknown"])
    changed = sum(len(tier["history"]) - 1 for tier in evidence.tiers.values() if tier["history"])
    table = _table("Customers per tier", "tier", "customers")
    for tier in TIERS:
        known = f" (of which {_counted(unknown, 'newcomer')}: unknown is not bad)" if tier == "BRONZE" else ""
        table.add_row(f"{tier.lower()}{known}", str(counts[tier]))
    table.caption = f"{_counted(changed, 'change')} of tier on the way"
    return table


def _messages(evidence: Evidence) -> Table:
    sent = [c for c in evidence.contacts if c["outcome"] in SENT and c["channel"] != "CALL"]
    tones = ("WARM", "NEUTRAL", "FORMAL")
    counts = Counter((c["channel"], c["tone"]) for c in sent)
    table = _table("Messages by channel and tone", "channel", *(tone.lower() for tone in tones), "all")
    for channel in sorted({channel for channel, _ in counts}):
        row = [counts[channel, tone] for tone in tones]
        table.add_row(channel.lower(), *(str(n) for n in row), str(sum(row)))
    table.add_row(
        "all", *(str(sum(n for (_, t), n in counts.items() if t == tone)) for tone in tones), str(len(sent))
    )
    return table


def _calls(evidence: Evidence) -> Table:
    counts = Counter((task["kind"], task["state"]) for task in evidence.tasks)
    table = _table("Tasks for people", "kind", "open", "done", "cancelled")
    for kind in sorted({kind for kind, _ in counts}):
        table.add_row(
            kind.lower().replace("_", " "),
            *(str(counts[kind, state]) for state in ("OPEN", "DONE", "CANCELLED")),
        )
    return table


def _examples(console: Console, evidence: Evidence) -> None:
    console.print("\n[bold]Examples, each with its reason[/bold]")
    seen: set[tuple[str, str]] = set()
    for contact in sorted(evidence.contacts, key=lambda c: (c["at"], c["contact_id"])):
        kind = (contact["tier"], contact["step"])
        if contact["outcome"] not in SENT or kind in seen or len(seen) >= EXAMPLES_MAX:
            continue
        seen.add(kind)
        invoices = ", ".join(contact["invoice_ids"])
        console.print(
            f"  {_local(contact['at'])} · {contact['tier'].lower()} {contact['customer_id']} · "
            f"{contact['channel'].lower()}, {contact['tone'].lower()} · {contact['step']} for {invoices}",
            highlight=False,
            markup=False,
        )
        if contact.get("reason"):
            console.print(f"      {contact['reason']}", highlight=False, markup=False)


def _local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(ZoneInfo("Europe/Amsterdam")).strftime("%Y-%m-%d %H:%M")


def _not_sent(truth: Truth, evidence: Evidence) -> Table:
    table = _table("What was not sent, and why", "why", "count")
    for why, count in _reasons(truth, evidence).most_common(REASONS_MAX):
        table.add_row(why, str(count))
    return table


def _reasons(truth: Truth, evidence: Evidence) -> Counter[str]:
    approached = {i for c in evidence.contacts if c["outcome"] in SENT for i in c["invoice_ids"]}
    reasons: Counter[str] = Counter()
    for claim in truth.claims.values():
        if claim.invoice_id in approached or claim.issued_on > evidence.today:
            continue
        if claim.is_settled(on=min(claim.due_on, evidence.today)):
            reasons["invoice paid in time: nothing to ask"] += 1
        elif claim.is_settled(on=evidence.today):
            reasons["invoice paid late, but before any step was due"] += 1
    for contact in evidence.contacts:
        if contact["outcome"] in {"SUPPRESSED", "FAILED"}:
            reasons[f"{contact['channel'].lower()} {contact['outcome'].lower()}: {contact['why']}"] += 1
    for invoice_id, explanation in evidence.explanations.items():
        if invoice_id not in approached and explanation["decision"] != "ACT" and explanation["reasons"]:
            reasons[f"open and overdue now: {explanation['reasons'][0]}"] += 1
    return reasons


def _days_to_pay(truth: Truth, evidence: Evidence) -> Table:
    days: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for claim in truth.claims.values():
        paid_on = claim.paid_on
        if paid_on is not None and paid_on <= evidence.today and claim.customer_id in evidence.tiers:
            tier = _tier_on(evidence.tiers[claim.customer_id]["history"], claim.issued_on)
            days[tier].append(((paid_on - claim.issued_on).days, (paid_on - claim.due_on).days))
    table = _table(
        "Days to pay, by the tier when the invoice was issued",
        "tier",
        "invoices",
        "mean days",
        "median days late",
        "late share",
    )
    for tier in TIERS:
        if days[tier]:
            table.add_row(tier.lower(), *_summary(days[tier]))
    return table


def _summary(pairs: Sequence[tuple[int, int]]) -> Iterable[str]:
    late = [days_late for _, days_late in pairs]
    yield str(len(pairs))
    yield f"{statistics.fmean(days for days, _ in pairs):.1f}"
    yield f"{statistics.median(late):.0f}"
    yield f"{100 * sum(1 for d in late if d > 0) / len(late):.0f} %"


def _tier_on(history: Sequence[Item], day: date) -> str:
    held = [entry["tier"] for entry in history if str(entry["at"])[:10] <= day.isoformat()]
    return str(held[-1] if held else "BRONZE")


def _verdict(console: Console, evidence: Evidence, violations: Sequence[Violation]) -> None:
    contacts, balances = len(evidence.contacts), len(evidence.positions)
    received = _counted(len(evidence.messages), "message")
    checked = f"{_counted(contacts, 'contact')}, {received} received and {_counted(balances, 'balance')}"
    if not violations:
        console.print(
            f"\n[bold green]Checked against the ledger:[/bold green] {checked}; no promise broken.",
            highlight=False,
        )
        return
    console.print(
        f"\n[bold red]Checked against the ledger:[/bold red] {checked}; {_counted(len(violations), 'promise')} broken:",
        highlight=False,
    )
    for violation in violations[:VIOLATIONS_SHOWN_MAX]:
        console.print(f"  {violation.rule}: {violation.detail}", highlight=False, markup=False)
