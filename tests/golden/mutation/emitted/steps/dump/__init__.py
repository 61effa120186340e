"""Step `dump` with what it needs, and nothing else."""
