"""The schema of the invoices database, version by version."""
