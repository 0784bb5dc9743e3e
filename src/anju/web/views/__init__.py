"""One module for each kind of page; a view reads, shapes what the template shows, and decides nothing else."""
