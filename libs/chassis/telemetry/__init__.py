"""Logs, metrics and traces: what a service says about itself, never about a person."""
