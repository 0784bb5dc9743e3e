"""灵活就业: agreements, payments that count months by money, points, and the way out."""
