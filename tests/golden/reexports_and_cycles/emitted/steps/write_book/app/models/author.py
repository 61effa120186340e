from __future__ import annotations

from dataclasses import dataclass, field

from . import book as _wfc_import
from ... import app


@dataclass
class Author:
    name: str
    books: list[app.models.book.Book] = field(default_factory=list)

    def write(self, title: str) -> app.models.book.Book:
        book = app.models.book.Book(title, self.name)
        self.books.append(book)
        return book
