"""归集: employers' rosters and the money that they bring in."""
