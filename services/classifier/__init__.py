"""The classifier: how each customer pays, which tier follows from it, and why."""
