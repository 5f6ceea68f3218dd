"""Anyone's ledger: reads its CSV and turns it into the event stream an ERP would have published."""
