"""PostgreSQL: the transaction in which state, outgoing messages and offsets share one fate."""
