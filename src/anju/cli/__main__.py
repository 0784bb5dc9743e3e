"""`python -m anju.cli` is `anju`."""

from anju.cli.main import main

main()
