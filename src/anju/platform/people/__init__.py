"""Who works where and who signs in: departments, offices, windows, persons and their sign-ins."""
