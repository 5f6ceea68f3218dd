"""The machine room that all services share; it knows nothing of their trade."""
