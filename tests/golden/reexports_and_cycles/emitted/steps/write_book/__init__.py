"""Step `write_book` with what it needs, and nothing else."""
