"""What the classifier does, one verb per file."""
