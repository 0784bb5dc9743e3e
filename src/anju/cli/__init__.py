"""The command line `anju`: every group is imported only when it is called, so that help and calculators start fast."""
