"""Measures Velvet against its limits and its peers, in one run and on one machine."""
