"""Everything that callers import comes from here."""

from .author import Author
from .book import Book, Shelf

__all__ = ["Author", "Book", "Shelf"]
