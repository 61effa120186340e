"""The state of a walk through a workflow's code, shared by what looks at statements, expressions and calls.

`expressions` and `statements` move it along; everything that is drawn is drawn by its methods.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..binder import Module
from ..callgraph import Receivers
from ..discover import Program
from .drawing import Drawing, Exit, Pen, join
from .frames import Activation, Ancestry, Frames
from .items import Env, Hook, Primitive, Step, Task, Value, union
from .silence import Silence

MOST_NODES = 400
"""Nodes from which on a function that has been looked into once is not looked into again."""
MOST_STATEMENTS = 50_000
DEEPEST = 150
_LABEL = 60


@dataclass
class Call:
    """A function that is being walked: its joint at the entry, its frame, and a joint behind it if it calls itself."""

    node: ast.AST
    entry: int
    frame: Activation
    after: int | None = None


OnYield = Callable[[Value], None]


@dataclass
class Here:
    """Which function the walk is in. `calls` are those that it was called by, outermost first."""

    module: Module
    env: Env
    frame: Activation
    calls: tuple[Call, ...] = ()
    on_yield: OnYield | None = None


@dataclass(eq=False)
class Site:
    """An `await` in a loop: the joints around it, what it is known to wait for, and how to draw that it waits."""

    env: Env
    names: frozenset[str]
    known: Value
    before: int
    draw: Callable[[Value], object]
    behind: int = 0


@dataclass(frozen=True)
class Code:
    """The two halves of the walk, which call each other through the walker."""

    statements: Callable[[Walker, Sequence[ast.stmt]], None]
    expression: Callable[[Walker, ast.expr], Value]


@dataclass
class Walker:
    """A walk: the drawing, what ways out meet, the tasks under way, and where it is."""

    program: Program
    drawing: Drawing
    here: Here
    code: Code
    frames: Frames
    receivers: Receivers
    silence: Silence
    tasks: list[Task] = field(default_factory=list)
    attributes: dict[str, Value] = field(default_factory=dict)
    sites: list[list[Site]] = field(default_factory=list)
    reading: set[str] = field(default_factory=set)
    looked_into: set[ast.AST] = field(default_factory=set)
    statements: int = 0

    @classmethod
    def start(cls, program: Program, module: Module, code: Code) -> Walker:
        """Return a walker that stands before a workflow."""
        here = Here(module, Env(), Activation())
        frames = Frames(Ancestry(program.names))
        receivers = Receivers(program)
        return cls(program, Drawing(), here, code, frames, receivers, Silence(program, receivers))

    def walk(self, body: Sequence[ast.stmt]) -> None:
        """Walk statements in order."""
        self.code.statements(self, body)

    def evaluate(self, node: ast.expr | None) -> Value:
        """Walk an expression; return what it may give."""
        return self.code.expression(self, node) if node is not None else ()

    @property
    def pen(self) -> Pen:
        """Return where the next node may follow; empty where no way leads."""
        return self.drawing.pen

    @pen.setter
    def pen(self, pen: Pen) -> None:
        self.drawing.pen = pen

    def canonical(self, node: ast.expr) -> str | None:
        """Return the canonical name of an expression here."""
        return self.program.names.canonical(self.here.module, node)

    def text(self, node: ast.expr | ast.pattern) -> str:
        """Return a piece of source on one line, shortened."""
        source = self.here.module.source
        span = source.span(node)
        lines = list(source.lines[span.line - 1 : span.end_line])
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        if span.end_line > span.line and any("#" in line or line.endswith("\\") for line in lines):
            lines = [lines[0].partition("#")[0].rstrip("\\ ") + " …"]
        return shortened(" ".join(" ".join(lines).split()))

    def is_full(self, node: ast.AST) -> bool:
        """Say whether to look into a function no more, so that what calls itself in a thousand ways ends."""
        too_much = self.drawing.shown > MOST_NODES or self.statements > MOST_STATEMENTS
        return (too_much and node in self.looked_into) or len(self.here.calls) > DEEPEST

    def durable(self, item: Step | Primitive | Hook, **metadata: Any) -> None:
        """Draw a step or a wait, which may fail."""
        if isinstance(item, Step):
            number = self.drawing.add("step", item.label, item.step_id, **metadata)
        else:
            number = self.drawing.add("primitive", item.label, **metadata)
        if number is None:
            return
        self.frames.cancel((Exit(number),))
        if not isinstance(item, Primitive) or item.fails:
            self.frames.fail((Exit(number),))

    def cut(self, label: str) -> None:
        """Draw the place where something is not looked into."""
        self.drawing.add("primitive", f"… {label}", truncated=True)

    def may_fail(self) -> None:
        """Say that code without durable calls may raise an exception here; what a module holds has been made before."""
        if not self.reading:
            self.frames.fail(self.pen)

    @contextmanager
    def elsewhere(self, here: Here) -> Iterator[None]:
        """Go to another function, and come back."""
        before = self.here
        self.here = here
        try:
            yield
        finally:
            self.here = before

    # --- variables

    def bind(self, name: str, value: Value, *, add: bool = False, at: ast.AST | None = None) -> None:
        """Give a local variable a value; with `add` besides what it has."""
        env = self.here.env
        scope = self.here.module.bound.scope_by_node.get(at) if at is not None else None
        if add or (scope is not None and name in scope.nonlocals):
            env = env.find(name) or env
            value = union(env.values.get(name, ()), value)
        env.values[name] = value

    def alternatives(self, ways: Sequence[Callable[[], object]]) -> None:
        """Walk several ways from here, one of which is taken, and go on behind all of them."""
        if len(ways) == 1:
            ways[0]()
        if len(ways) < 2:
            return
        before, values = self.pen, dict(self.here.env.values)
        ends: list[Pen] = []
        merged: dict[str, Value] = {}
        for way in ways:
            self.pen, self.here.env.values = before, dict(values)
            way()
            ends.append(self.pen)
            if self.pen:
                merged = {
                    name: union(merged.get(name, ()), self.here.env.values.get(name, ()))
                    for name in {**merged, **self.here.env.values}
                }
        self.pen, self.here.env.values = join(*ends), merged or values


def shortened(text: str) -> str:
    """Return a label that is not too long."""
    return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"
