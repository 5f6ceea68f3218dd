"""What the service does with open items: one verb per file, through the ports it needs."""
