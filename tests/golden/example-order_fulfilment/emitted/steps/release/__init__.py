"""Step `release` with what it needs, and nothing else."""
