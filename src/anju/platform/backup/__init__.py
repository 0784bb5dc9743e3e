"""Backups of the embedded server: base backups, archived WAL, restore to an instant, and the drill that proves it.

An external PostgreSQL (`ANJU_DATABASE_URL`) is backed up by its operator.
"""
