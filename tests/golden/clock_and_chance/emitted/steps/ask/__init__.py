"""Step `ask` with what it needs, and nothing else."""
