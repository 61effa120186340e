"""What runs when an object is collected: weak references and finalizers, silent when the run isn't live.

A run that is put aside drops all that its frames held. Callbacks of the workflow's own must not run then, nor at the
moment when the garbage collector finds a cycle, which no replay can repeat. So they run in a turn of a live run only.
"""

from __future__ import annotations

import functools
import weakref
from asyncio import events
from collections.abc import Callable
from typing import Any, Self, TypeVar

from .loop import FlowLoop

T = TypeVar("T")


def in_turn() -> bool:
    """Say whether a live run has its turn. Emitted `__del__` methods ask this."""
    loop = events._get_running_loop()
    return isinstance(loop, FlowLoop) and loop.turn.live


def _in_turn_only(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return callback(*args, **kwargs) if in_turn() else None

    return guarded


class ref(weakref.ref[T]):  # noqa: N801 - as the original is called
    """weakref.ref with a guarded callback."""

    def __new__(cls, ob: T, callback: Callable[[Any], Any] | None = None, /) -> Self:
        """Make the reference, with the guard around its callback."""
        return super().__new__(cls, ob, callback and _in_turn_only(callback))

    def __init__(self, ob: T, callback: Callable[[Any], Any] | None = None, /) -> None:
        super().__init__(ob, callback)  # type: ignore[call-arg]  # the stubs know __new__ alone


class WeakMethod(weakref.WeakMethod[Callable[..., Any]]):
    """weakref.WeakMethod with a guarded callback."""

    def __new__(cls, meth: Callable[..., Any], callback: Callable[[Any], Any] | None = None) -> Self:
        """Make the reference, with the guard around its callback."""
        return super().__new__(cls, meth, callback and _in_turn_only(callback))

    def __init__(self, meth: Callable[..., Any], callback: Callable[[Any], Any] | None = None) -> None:
        super().__init__(meth, callback)  # type: ignore[call-arg]  # the stubs know __new__ alone


def proxy(ob: Any, callback: Callable[[Any], Any] | None = None, /) -> Any:
    """weakref.proxy with a guarded callback."""
    return weakref.proxy(ob, callback and _in_turn_only(callback))


class finalize(weakref.finalize):  # type: ignore[type-arg]  # noqa: N801 - as the original is called
    """weakref.finalize whose function is guarded; the end of the process isn't a turn either."""

    def __init__(self, obj: Any, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        super().__init__(obj, _in_turn_only(func), *args, **kwargs)
