"""Managers of a project's own, for the workflows of the corpus."""

import contextlib
from collections.abc import AsyncIterator, Iterator

from .steps import note, work


class Plain:
    """A class-based manager."""

    def __init__(self, name: str, *, swallow: bool = False) -> None:
        self.name = name
        self.swallow = swallow

    def __enter__(self) -> "Plain":
        note(f"enter {self.name}")
        return self

    def __exit__(self, kind: object, *_: object) -> bool:
        note(f"exit {self.name} {kind}")
        return self.swallow


class Waiting:
    """A manager that waits on its way in and out."""

    def __init__(self, name: str, *, swallow: bool = False) -> None:
        self.name = name
        self.swallow = swallow

    async def __aenter__(self) -> str:
        note(f"enter {self.name}")
        return await work(f"enter {self.name}")

    async def __aexit__(self, kind: object, *_: object) -> bool:
        note(f"exit {self.name} {kind}")
        await work(f"exit {self.name}")
        note(f"gone {self.name}")
        return self.swallow


@contextlib.contextmanager
def managed(name: str) -> Iterator[str]:
    note(f"open {name}")
    try:
        yield name
    except LookupError:
        note(f"caught in {name}")
    finally:
        note(f"close {name}")


@contextlib.asynccontextmanager
async def waiting(name: str) -> AsyncIterator[str]:
    entered = await work(f"open {name}")
    try:
        yield entered
    except LookupError:
        note(f"caught in {name}")
        await work(f"repair {name}")
    finally:
        note(f"close {name}")
        await work(f"close {name}")
