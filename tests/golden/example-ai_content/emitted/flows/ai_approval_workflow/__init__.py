"""Workflow `ai_approval_workflow` with what it needs, and nothing else."""
