"""Step `reserve` with what it needs, and nothing else."""
