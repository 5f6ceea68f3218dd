"""Contracts of invoices, generated from proto/; do not edit."""
