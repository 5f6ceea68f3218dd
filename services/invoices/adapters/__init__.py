"""The technologies behind the ports: PostgreSQL, and the messages of the contract."""
