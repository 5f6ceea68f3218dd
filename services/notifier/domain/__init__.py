"""The nouns of the notifier: deliveries, tasks, consent, messages, and what providers answer."""
