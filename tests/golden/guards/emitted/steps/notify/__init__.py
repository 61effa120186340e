"""Step `notify` with what it needs, and nothing else."""
