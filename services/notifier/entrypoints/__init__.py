"""The doors of the notifier: Kafka, HTTP and time."""
