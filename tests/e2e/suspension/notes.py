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
    """What a plain workflow has called: the tags of all steps, and what hasn't ended.

    `told` are the tags of steps whose bodies were told to stop, `unheard` the ends of those that were told before their
    bodies could begin: in the `move` that called them. `children` are the ends of runs that are waited for.
    """

    tags: list[str] = field(default_factory=list)
    waiting: list[tuple[str, asyncio.Future[Any]]] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    unheard: list[asyncio.Future[Any]] = field(default_factory=list)
    move: int = 0
    children: list[asyncio.Future[Any]] = field(default_factory=list)
    hooks: list[Any] = field(default_factory=list)

    def forget(self) -> None:
        """Begin another workflow."""
        for asked_for in (self.tags, self.waiting, self.told, self.unheard, self.children, self.hooks):
            asked_for.clear()
        self.move = 0


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


async def perform_carefully(tag: str) -> str:
    """Be the body of every cancellable step, outside wfc: who cancels it hears of its end, not before."""
    asked.tags.append(tag)
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    asked.waiting.append((tag, future))
    called_in = asked.move
    try:
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError:
                if future.done():
                    raise
                if called_in == asked.move and future not in asked.unheard:
                    asked.unheard.append(future)
                asked.told.add(tag)
        return future.result()
    finally:
        del future
