"""The rules of open items: nouns, no clock, no I/O."""
