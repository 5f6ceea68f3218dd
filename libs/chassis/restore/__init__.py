"""Coming back from an older database: what Kafka still knows is taken in again, and nothing is done twice."""
