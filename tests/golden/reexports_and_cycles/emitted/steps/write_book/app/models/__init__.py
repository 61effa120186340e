from .author import Author
