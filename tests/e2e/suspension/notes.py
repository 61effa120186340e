"""The seam between the corpus and its tests: what workflows do in the process, and how steps are performed.

The same module serves the compiled workflows (where a step has no body) and the plain ones, in whose steps `perform`
waits until the test's driver lets the step end.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

left: list[str] = []


def note(what: str) -> None:
    """Say that code of the workflow has run."""
    left.append(what)


@dataclass
class Asked:
    """Steps that a plain workflow has called: all tags, and the futures of those that haven't ended."""

    tags: list[str] = field(default_factory=list)
    waiting: list[tuple[str, asyncio.Future[Any]]] = field(default_factory=list)


asked = Asked()


async def perform(tag: str) -> str:
    """Be the body of every step, outside wfc."""
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    asked.tags.append(tag)
    asked.waiting.append((tag, future))
    try:
        return await future
    finally:
        del future  # or the exception, its frames and the future would hold each other
