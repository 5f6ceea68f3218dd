"""Every metric of the notifier, declared once; never a customer, an invoice or an address among the labels."""

from prometheus_client import Counter, Gauge

NOTIFICATIONS_TOTAL = Counter(
    "velvet_notifications_total",
    "Provider calls, by outcome (accepted|retry|permanent|ambiguous|configerror).",
    ["channel", "provider", "outcome"],
)
SUPPRESSED_TOTAL = Counter(
    "velvet_suppressed_total", "Messages not sent, by the reason why.", ["channel", "why"]
)
CALL_BACKS_TOTAL = Counter(
    "velvet_call_backs_total",
    "Webhooks taken in, by what became of them (taken|unknown|refused).",
    ["provider", "result"],
)
SENDER_PENDING = Gauge("velvet_sender_pending", "Messages due or under way at the last look.")

AMBIGUOUS_DELIVERIES = Gauge(
    "velvet_ambiguous_deliveries",
    "Messages of the last seven days of which nobody knows whether they went out.",
)


class PrometheusMeters:
    """Counts what the use cases tell."""

    def concluded(self, *, channel: str, provider: str, outcome: str) -> None:
        """Count one outcome of one provider call."""
        NOTIFICATIONS_TOTAL.labels(channel, provider, outcome).inc()

    def suppressed(self, *, channel: str, why: str) -> None:
        """Count one message that was not sent."""
        SUPPRESSED_TOTAL.labels(channel, why).inc()

    def called_back(self, *, provider: str, result: str) -> None:
        """Count one webhook."""
        CALL_BACKS_TOTAL.labels(provider, result).inc()

    def ambiguous(self, count: int) -> None:
        """Show how many messages are in doubt."""
        AMBIGUOUS_DELIVERIES.set(count)

    def pending(self, count: int) -> None:
        """Show how many messages are due or under way."""
        SENDER_PENDING.set(count)
