"""Workflow `ask_for_review` with what it needs, and nothing else."""
