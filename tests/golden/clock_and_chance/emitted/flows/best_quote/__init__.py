"""Workflow `best_quote` with what it needs, and nothing else."""
