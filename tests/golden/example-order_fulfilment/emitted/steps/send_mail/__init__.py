"""Step `send_mail` with what it needs, and nothing else."""
