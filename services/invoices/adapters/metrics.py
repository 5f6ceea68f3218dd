"""The service's own metrics, declared once."""

from prometheus_client import Counter

FACTS_TOTAL = Counter(
    "velvet_invoices_facts_total", "Facts taken in from the ERP, by type of message.", ["message"]
)
GATE_ANSWERS_TOTAL = Counter(
    "velvet_invoices_gate_answers_total",
    "Invoices that the notifier asked about before sending, by answer.",
    ["answer"],
)
