"""The machine room that all services share; it knows no debtor words."""
