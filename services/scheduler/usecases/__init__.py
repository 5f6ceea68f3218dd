"""What the scheduler does, one verb per file, over the ports in ``ports.py``."""
