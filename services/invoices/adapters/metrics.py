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
SENT_AFTER_PAYMENT_TOTAL = Counter(
    "velvet_sent_after_payment_total",
    "Messages whose provider call began after it was known here that an invoice they ask for was settled.",
)
