"""Workflow `library` with what it needs, and nothing else."""
