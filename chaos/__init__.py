"""The harness that tries to break Velvet: kills, cuts, freezes and floods it, and counts what it lost or doubled."""
