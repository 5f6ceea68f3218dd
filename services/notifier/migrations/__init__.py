"""The schema of the notifier's own database, step by step."""
