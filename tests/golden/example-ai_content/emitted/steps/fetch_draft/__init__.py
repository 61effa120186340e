"""Step `fetch_draft` with what it needs, and nothing else."""
