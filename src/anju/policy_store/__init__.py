"""The policy of a center in its database: what is in force, who changed it and why, and the decisions taken by it.

Values come in only as a proposal of one person that another approves: a pack of files (`packs`) or a package (政策包). Each
approval makes a version; earlier versions stay readable, so nothing is ever changed in place.
"""
