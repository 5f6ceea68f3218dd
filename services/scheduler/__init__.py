"""scheduler: decides whom to approach, when, through which channel, in which tone, and why."""
