"""Set-based work on many rows: staged by COPY, checked as a whole, worked in chunks, restartable, exactly once.

The invariant of the room: a chunk's work and its mark "done" commit in one transaction, so what is done is read from
the data and never from a lock or a log beside it. A room above declares its jobs in its `batch.py`.
"""
