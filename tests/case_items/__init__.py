"""Service items for tests of the engine."""
