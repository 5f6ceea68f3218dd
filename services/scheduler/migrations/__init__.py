"""The schema of the scheduler's own database, step by step."""
