"""Step `charge` with what it needs, and nothing else."""
