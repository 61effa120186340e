"""What a value may be, as far as the graph is concerned: callables, coroutines, tasks, hooks.

A `Value` is all that an expression may give, whatever container it is in: `[a(), b()]` is two coroutines. Anything
that says nothing to the graph (a number, an unknown object) is no item at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..binder import Module
from ..discover import FunctionNode
from .drawing import Pen, Region

_MOST = 1_000
"""Items of one value that are looked at; a value of more is cut."""


@dataclass(eq=False)
class Env:
    """The local variables of a function that hold items; `around` those of the function that it stands in."""

    values: dict[str, Value] = field(default_factory=dict)
    around: Env | None = None

    def find(self, name: str) -> Env | None:
        """Return the environment that knows a name."""
        env: Env | None = self
        while env is not None and name not in env.values:
            env = env.around
        return env


@dataclass(frozen=True)
class Step:
    """A step, to be called."""

    label: str
    step_id: str


@dataclass(frozen=True)
class Primitive:
    """Something durable of the SDK, to be called: `sleep`. `run` names the child that it gives a handle to."""

    label: str
    run: str | None = None
    fails: bool = True


@dataclass(frozen=True)
class Closure:
    """A first-party function or lambda; `this` is what a method is bound to."""

    module: Module
    node: FunctionNode | ast.Lambda
    env: Env | None = None
    this: Value | None = None


@dataclass(frozen=True)
class Arguments:
    """The values that a call passes; `rest` are those that came with a star. Two calls differ by their `site`."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    rest: Value = ()
    site: ast.Call | None = None

    def all(self) -> Value:
        """Return every value that is passed."""
        return union(*self.positional, *(value for _, value in self.keywords), self.rest)

    def before(self, more: Arguments) -> Arguments:
        """Return these, with those of a later call behind them."""
        positional = (*self.positional, *more.positional)
        return Arguments(positional, (*self.keywords, *more.keywords), union(self.rest, more.rest), more.site)


@dataclass(frozen=True)
class Partial:
    """A callable with some of its arguments."""

    target: Item
    arguments: Arguments


@dataclass(frozen=True)
class Instance:
    """An object of a first-party class, or the class itself, by its dotted name.

    A class that is defined inside a function has no such name: `local` is its code, and where it is.
    """

    dotted: str
    local: tuple[Module, ast.ClassDef, Env] | None = None


@dataclass(frozen=True)
class Run:
    """A handle to a child run."""

    label: str


@dataclass(frozen=True)
class Hook:
    """A hook that is registered and may be awaited, more than once."""

    label: str


@dataclass(frozen=True)
class Waiting:
    """`asyncio.wait` or `wait_for`, to be awaited: how, for what, and whether there is a timeout."""

    method: str
    members: Value
    timeout: bool


@dataclass(frozen=True)
class Opaque:
    """What unknown code was given: steps and coroutines that it may run."""

    members: Value
    context: str


@dataclass(frozen=True)
class Pending:
    """A coroutine that hasn't started; `many` says that there is one per round of a loop."""

    target: Step | Primitive | Closure | Waiting | Opaque
    arguments: Arguments = Arguments()
    many: bool = False


@dataclass(frozen=True)
class Generator:
    """A generator or context manager made by a first-party function with `yield`."""

    target: Closure
    arguments: Arguments


@dataclass(eq=False)
class Task:
    """Something under way beside what goes on.

    `fork` is where it started, `pen` where it ends, `errors` and `raised` where it may fail, `cancelled`
    where it may be cancelled; `optional` says that there may be none of its kind, as when a loop started it; `marks`
    is its range of nodes.
    """

    region: Region
    fork: Pen
    pen: Pen = ()
    errors: Pen = ()
    cancelled: Pen = ()
    raised: tuple[tuple[str | None, Pen], ...] = ()
    value: Value = ()
    optional: bool = False
    marks: tuple[int, int] = (0, 0)

    @property
    def silent(self) -> bool:
        """Say whether the task leaves no trace."""
        return self.marks[0] == self.marks[1]


@dataclass(frozen=True)
class Gathered:
    """What `asyncio.gather` gives: tasks under way, to be awaited together."""

    method: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Timeout:
    """`asyncio.timeout(...)`, to be entered."""


@dataclass(frozen=True)
class Group:
    """`asyncio.TaskGroup()`, to be entered."""

    region: Region


@dataclass(frozen=True)
class Suppress:
    """`contextlib.suppress(...)` with the canonical names of what it holds back, None for unknown ones."""

    classes: tuple[str | None, ...]


Item = (
    Step
    | Primitive
    | Closure
    | Partial
    | Instance
    | Run
    | Hook
    | Pending
    | Generator
    | Task
    | Gathered
    | Timeout
    | Group
    | Suppress
)
Value = tuple[Item, ...]
CALLABLE = (Step, Primitive, Closure, Partial)
AWAITABLE = (Pending, Task, Gathered, Hook)


def union(*values: Iterable[Item]) -> Value:
    """Return the items of all values, each once."""
    return tuple(dict.fromkeys(item for value in values for item in value))[:_MOST]


def merge(left: Mapping[str, Value], right: Mapping[str, Value]) -> dict[str, Value]:
    """Return what variables may hold where two ways come together."""
    return {name: union(left.get(name, ()), right.get(name, ())) for name in {**left, **right}}


def multiplied(item: Item) -> Item:
    """Return an item of which a loop makes one per round."""
    if isinstance(item, Task):
        item.optional = True
    return replace(item, many=True) if isinstance(item, Pending) else item
