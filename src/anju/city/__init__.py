"""A synthetic city that lives a year through the platform's own operations."""
