"""What a process that was forked must not go on with: its parent's locks, files and connections.

A lock belongs to the open file, which a forked child shares: as long as a child of a worker lived, the dead worker
would count as alive, and nobody would take its runs over. SQLite forbids to use a connection across a fork, and even to
close it. `subprocess` is no such case: what it starts inherits none of these files.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Forgetful(Protocol):
    """Something that holds files of this process."""

    def forget(self) -> None:
        """Let go of them in a child, without a change to what the parent has."""


_open: WeakSet[Forgetful] = WeakSet()


def forget_in_children(holder: Forgetful) -> None:
    """Have this forget its files in every process that is forked from this one."""
    _open.add(holder)


def _after_fork() -> None:
    for holder in list(_open):
        holder.forget()


os.register_at_fork(after_in_child=_after_fork)
