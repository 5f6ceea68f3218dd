"""The schema of the classifier's own database, step by step."""
