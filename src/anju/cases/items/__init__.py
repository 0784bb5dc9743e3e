"""Service items of the center as a whole; those of a business stand in its own room's `items`."""
