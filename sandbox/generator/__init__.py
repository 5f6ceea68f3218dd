"""A seed-stable synthetic ledger for demonstrations, tests and benchmarks; proven in a simulator only."""

from sandbox.generator.book import Book, generate

__all__ = ["Book", "generate"]
