"""Step `count_titles` with what it needs, and nothing else."""
