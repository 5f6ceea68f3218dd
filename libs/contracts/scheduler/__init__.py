"""Contracts of scheduler, generated from proto/; do not edit."""
