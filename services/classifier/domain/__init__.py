"""What the classifier knows: behaviour, tier, pin, forecast; pure nouns, no clock."""
