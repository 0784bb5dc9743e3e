"""Papers that applicants hand in: examined in a process of their own, kept sealed in the database, part by part.

`operations.store` takes a file in, `queries.read` gives it out; what is refused and why stands in `errors`.
"""
