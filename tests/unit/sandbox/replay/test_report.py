"""The report speaks one language, whatever the creditor's is."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from rich.console import Console

from sandbox.replay.evidence import Evidence
from sandbox.replay.report import print_report
from sandbox.replay.verdicts import Claim, Truth

CLAIM = Claim("A-1", "C-1", date(2026, 3, 2), date(2026, 4, 1), "EUR", Decimal("100.00"))
NOTHING = Evidence(
    now=datetime.fromisoformat("2026-05-20T21:00:00+02:00"),
    messages=(),
    contacts=(),
    tasks=(),
    invoices=(),
    positions={},
    tiers={},
    explanations={},
)


def report(evidence: Evidence) -> str:
    """Return what is printed."""
    console = Console(width=120, file=StringIO(), record=True)
    print_report(console, Truth({CLAIM.invoice_id: CLAIM}, {}), evidence, violations=())
    return console.export_text()


def test_why_nothing_was_sent_is_said_in_the_language_of_the_report() -> None:
    said = {
        "decision": "STOP",
        "reasons": ["The invoice is disputed."],
        "reasons_nl": ["De factuur wordt betwist."],
    }
    printed = report(replace(NOTHING, explanations={"A-1": said}))
    assert "open and overdue now: The invoice is disputed." in printed
    assert "betwist" not in printed


def test_one_is_singular_and_a_table_without_rows_is_a_word() -> None:
    tier = {"tier": "BRONZE", "unknown": True, "history": [{"tier": "BRONZE", "at": "2026-03-02"}]}
    printed = report(replace(NOTHING, tiers={"C-1": tier}, positions={"C-1": {}}))
    assert "bronze (of which 1 newcomer: unknown is not bad)" in printed
    assert "0 changes of tier on the way" in printed
    assert "0 contacts, 0 messages received and 1 balance; no promise broken" in printed
    assert "Tasks for people\nnone" in printed
