"""The portals of units (单位网厅) and of members (个人网厅): one set of pages, told apart by `doors.Portal`.

Every journey works with plain forms. Nothing typed is lost: each POST keeps what it brings before it judges it.
"""
