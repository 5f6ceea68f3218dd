"""Every metric of the scheduler, declared once."""

from prometheus_client import Counter, Gauge, Histogram

COMMANDS_TOTAL = Counter(
    "velvet_scheduler_commands_total", "Commands published, by action and channel.", ["action", "channel"]
)
DECISIONS_TOTAL = Counter("velvet_scheduler_decisions_total", "Customers decided upon.")
BATCH_SECONDS = Histogram(
    "velvet_scheduler_batch_seconds",
    "Time of one batch of decisions, from claim to the last write.",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
FACTS_TOTAL = Counter("velvet_scheduler_facts_total", "Facts taken in.")
OLDEST_UNDECIDED_SECONDS = Gauge(
    "velvet_oldest_undecided_seconds",
    "How long the customer who comes first has been waiting for a decision that is due; 0 when nobody is.",
)
