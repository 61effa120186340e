"""Workflow `fulfil_order` with what it needs, and nothing else."""
