"""绩效: what the center promised for the year, what it did, and whether its own report tells it truly."""
