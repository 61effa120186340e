"""Step `generate_draft` with what it needs, and nothing else."""
