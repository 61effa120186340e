"""Step `has_reviewed` with what it needs, and nothing else."""
