"""What a way out of a piece of code meets: loops, functions, handlers, `finally`, tasks, innermost last.

    while True:
        try: break            the break waits in the Finally, goes on from behind it, and ends in the Loop
        finally: await f()

`leave` sends the pen along a jump, `throw` along an exception that is raised for sure, `fail` along one
that any call may raise, `cancel` along the CancelledError that may reach any `await`.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..binder import Names
from .drawing import Pen, join
from .items import Value

JumpKind = Literal["break", "continue", "return"]


@dataclass(eq=False)
class Loop:
    """A loop: where `break` and `continue` lead."""

    breaks: Pen = ()
    continues: Pen = ()


@dataclass(eq=False)
class Activation:
    """A call of a function: where its `return` leads, and what it may return."""

    returns: Pen = ()
    value: Value = ()


@dataclass(eq=False)
class Handlers:
    """The `except` clauses of a `try`: the canonical names of all their classes, None for unknown ones.

    `everything` says that no Exception passes them, `bare` that nothing does; `caught` and `unknown` hold what
    arrived, raised and failed.
    """

    classes: Sequence[str | None]
    everything: bool
    bare: bool = False
    caught: list[tuple[str | None, Pen]] = field(default_factory=list)
    unknown: Pen = ()


@dataclass(eq=False)
class Finally:
    """Code that every way out passes through."""

    jumps: dict[tuple[JumpKind, Loop | Activation], Pen] = field(default_factory=dict)
    raised: dict[str | None, Pen] = field(default_factory=dict)
    errors: Pen = ()
    cancelled: Pen = ()


@dataclass(eq=False)
class Deadline:
    """A timeout: what it cancels raises a TimeoutError from here."""

    cancelled: Pen = ()


@dataclass(eq=False)
class Beside:
    """A task: what it raises is raised where it is waited for."""

    errors: Pen = ()
    cancelled: Pen = ()
    raised: list[tuple[str | None, Pen]] = field(default_factory=list)


Frame = Loop | Activation | Handlers | Finally | Deadline | Beside


_CANCELLED = "asyncio.CancelledError"


class Ancestry:
    """Tells by their canonical names whether a class is a subclass of another."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def is_caught(self, raised: str | None, handler: str | None) -> bool | None:
        """Say whether `except handler` catches `raised`; None for perhaps."""
        if handler == "builtins.BaseException":
            return True
        if raised is None or handler is None:
            return None
        known, complete = self._ancestors(raised, set())
        if handler in known:
            return True
        return False if complete else None

    def _ancestors(self, name: str, seen: set[str]) -> tuple[set[str], bool]:
        """Return the class with all known classes above it, and whether these are all."""
        if name in seen:
            return {name}, True
        seen.add(name)
        if name == _CANCELLED:
            return {name, "builtins.BaseException"}, True
        builtin = getattr(builtins, name.removeprefix("builtins."), None) if name.startswith("builtins.") else None
        if isinstance(builtin, type):
            return {f"builtins.{base.__name__}" for base in builtin.__mro__}, True
        definition = self._names.definition(name)
        if definition is None or definition.rest or not isinstance(definition.node, ast.ClassDef):
            return {name}, False
        found, complete = {name}, True
        for base in definition.node.bases:
            above = self._names.canonical(definition.module, base)
            more, whole = self._ancestors(above, seen) if above is not None else (set(), False)
            found |= more
            complete = complete and whole
        return found, complete


class Frames:
    """The stack of frames. `moves` counts what left a piece of code otherwise than by its end."""

    def __init__(self, ancestry: Ancestry) -> None:
        self.stack: list[Frame] = []
        self.moves = 0
        self.uncaught: list[tuple[str | None, Pen]] = []
        self.ancestry = ancestry

    def leave(self, kind: JumpKind, target: Loop | Activation, pen: Pen) -> None:
        """Jump to a frame, through every `finally` in between."""
        self.moves += bool(pen)
        for frame in reversed(self.stack):
            if isinstance(frame, Finally):
                frame.jumps[kind, target] = join(frame.jumps.get((kind, target), ()), pen)
                return
            if frame is target:
                break
        if isinstance(target, Activation):
            target.returns = join(target.returns, pen)
        elif kind == "break":
            target.breaks = join(target.breaks, pen)
        else:
            target.continues = join(target.continues, pen)

    def throw(self, name: str | None, pen: Pen) -> None:
        """Raise an exception of a class (None: some class)."""
        self.moves += bool(pen)
        for frame in reversed(self.stack):
            match frame:
                case Handlers():
                    answers = [self.ancestry.is_caught(name, handler) for handler in frame.classes]
                    if True in answers or frame.everything or None in answers:
                        frame.caught.append((name, pen))
                    if True in answers or frame.everything:
                        return
                case Finally():
                    frame.raised[name] = join(frame.raised.get(name, ()), pen)
                    return
                case Beside():
                    frame.raised.append((name, pen))
                    return
        self.uncaught.append((name, pen))

    def fail(self, pen: Pen) -> None:
        """Let what stands at the pen raise something."""
        for frame in reversed(self.stack):
            match frame:
                case Handlers():
                    frame.unknown = join(frame.unknown, pen)
                    if frame.everything:
                        return
                case Finally():
                    frame.errors = join(frame.errors, pen)
                    return
                case Beside():
                    frame.errors = join(frame.errors, pen)
                    return

    def cancel(self, pen: Pen, *, at_last: bool = False) -> None:
        """Let what stands at the pen be cancelled; `at_last` says that it ends the run by a way of its own."""
        for frame in reversed(self.stack):
            match frame:
                case Handlers():
                    answers = [self.ancestry.is_caught(_CANCELLED, handler) for handler in frame.classes]
                    if True in answers or frame.bare or None in answers:
                        frame.unknown = join(frame.unknown, pen)
                    if True in answers or frame.bare:
                        return
                case Finally() | Deadline() | Beside():
                    frame.cancelled = join(frame.cancelled, pen)
                    return
        if at_last:
            self.uncaught.append((_CANCELLED, pen))
