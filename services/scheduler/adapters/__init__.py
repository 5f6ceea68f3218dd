"""The technologies: PostgreSQL, messages on the wire, HTTP calls to the other services, metrics."""
