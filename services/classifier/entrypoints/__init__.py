"""The classifier's doors: HTTP, Kafka, time."""
