"""The system of record for open items: invoices, payments and what was agreed about them."""
