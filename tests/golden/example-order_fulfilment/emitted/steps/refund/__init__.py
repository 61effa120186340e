"""Step `refund` with what it needs, and nothing else."""
