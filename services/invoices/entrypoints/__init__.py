"""The doors: Kafka, the passing of time, and HTTP."""
