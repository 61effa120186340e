"""Workflow `ai_refine_workflow` with what it needs, and nothing else."""
