"""Contracts of erp, generated from proto/; do not edit."""
