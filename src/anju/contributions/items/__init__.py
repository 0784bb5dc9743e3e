"""The service items of contributions, and those that need the registry and contributions both, one file each."""
