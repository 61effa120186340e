"""Workflow `pay` with what it needs, and nothing else."""
