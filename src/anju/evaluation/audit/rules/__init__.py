"""One module per kind of rule. A rule takes a Report and yields outcomes: findings, and relations that held."""
