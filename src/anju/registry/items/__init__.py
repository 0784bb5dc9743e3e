"""The service items of units and members, one file each."""
