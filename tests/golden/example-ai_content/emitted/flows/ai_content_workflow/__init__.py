"""Workflow `ai_content_workflow` with what it needs, and nothing else."""
