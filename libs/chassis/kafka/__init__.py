"""Kafka: the one place where the broker's client library is imported."""
