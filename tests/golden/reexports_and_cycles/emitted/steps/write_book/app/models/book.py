from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Book:
    title: str
    author: str
