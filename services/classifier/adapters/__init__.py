"""The classifier's technologies: PostgreSQL tables, the wire, metrics."""
