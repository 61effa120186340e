"""Workflow `publish` with what it needs, and nothing else."""
