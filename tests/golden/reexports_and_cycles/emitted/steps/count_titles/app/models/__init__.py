from .book import Shelf
