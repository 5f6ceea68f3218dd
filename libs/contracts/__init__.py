"""The event contracts, generated from proto/; do not edit."""
