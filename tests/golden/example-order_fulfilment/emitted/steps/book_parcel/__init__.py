"""Step `book_parcel` with what it needs, and nothing else."""
