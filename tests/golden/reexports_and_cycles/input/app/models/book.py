from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .author import Author


@dataclass
class Book:
    title: str
    author: str


class Shelf(dict[str, Book]):
    owner: Author
