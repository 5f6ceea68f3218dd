"""Every metric of the chassis, declared once; services declare theirs in ``adapters/metrics.py``."""

from prometheus_client import Counter, Gauge, Histogram

_FAST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

RECORDS_TOTAL = Counter(
    "velvet_records_total",
    "Kafka records taken in, by outcome (handled|poisoned).",
    ["service", "topic", "outcome"],
)
BATCH_SECONDS = Histogram(
    "velvet_batch_seconds", "Time of one consumer batch, from poll to commit.", ["service"], buckets=_FAST_S
)
BATCH_SPLITS_TOTAL = Counter(
    "velvet_batch_splits_total", "Batches split in search of a guilty record.", ["service"]
)
WAITS_TOTAL = Counter(
    "velvet_waits_total",
    "Times a partition (or the whole loop) began to wait before trying again.",
    ["service", "scope"],
)
FENCED_TOTAL = Counter(
    "velvet_fenced_total", "Batches rolled back because another process owned the partition.", ["service"]
)
OUTBOX_SENT_TOTAL = Counter(
    "velvet_outbox_sent_total", "Messages sent from the outbox to Kafka.", ["service", "topic"]
)
RELAY_SECONDS = Histogram(
    "velvet_relay_seconds", "Time of one relay pass that sent something.", ["service"], buckets=_FAST_S
)
HTTP_SECONDS = Histogram(
    "velvet_http_seconds",
    "Time of one HTTP request, by route template and status.",
    ["service", "method", "route", "status"],
    buckets=_FAST_S,
)
READY = Gauge("velvet_ready", "1 when the process is ready, 0 when it says why not at /readyz.", ["service"])
LOOP_RESTARTS_TOTAL = Counter(
    "velvet_loop_restarts_total",
    "Background loops that ended in an error and were begun again.",
    ["service", "loop"],
)
ON_TIME_TOTAL = Counter(
    "velvet_on_time_total", "Things brought up to date by the passing of time alone.", ["service"]
)
OUTBOX_AGE_SECONDS = Gauge(
    "velvet_outbox_age_seconds",
    "How long the oldest message in the outbox has been seen to wait for Kafka; 0 when none does.",
    ["service"],
)
CONSUMER_LAG_SECONDS = Gauge(
    "velvet_consumer_lag_seconds",
    "How long ago the last record taken in was written, while more are waiting; 0 when none are.",
    ["service", "topic"],
)
