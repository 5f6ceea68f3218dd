"""The verbs of the notifier, one per file."""
