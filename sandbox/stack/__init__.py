"""The local stack: PostgreSQL, Kafka, the four services and the inbox, without Docker and without root."""
