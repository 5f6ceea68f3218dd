"""Contracts of notifier, generated from proto/; do not edit."""
