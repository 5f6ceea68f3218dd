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
        "reasons": ["De factuur wordt betwist."],
        "reasons_en": ["The invoice is disputed."],
    }
    printed = report(replace(NOTHING, explanations={"A-1": said}))
    assert "open and overdue now: The invoice is disputed." in printed
    assert "betwist" not in printed
