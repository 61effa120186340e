"""Step `render` with what it needs, and nothing else."""
