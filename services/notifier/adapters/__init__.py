"""The technologies of the notifier: PostgreSQL, SMTP, the vendors' APIs, templates and PDF."""
