"""Policy as dated facts: what was in force on a day, with its source."""
