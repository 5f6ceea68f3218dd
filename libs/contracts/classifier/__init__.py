"""Contracts of classifier, generated from proto/; do not edit."""
