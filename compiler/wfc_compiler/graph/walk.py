"""Walk a workflow's code and draw its graph.

In: a workflow. Out: its `Graph`. First-party functions that it calls are looked into, so a step that a
helper calls is in the graph; code without durable calls leaves no trace.

    if urgent: await page(x)          start -> urgent? -true-> page -> end
    else: await mail(x)                              -false-> mail -> end
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from ..binder import Module
from ..discover import FunctionNode, Program, WorkflowDef
from .calls import classify
from .drawing import Drawing, Exit, Pen, join
from .values import Graph

Function = FunctionNode
_LABEL = 60


def workflow_graph(program: Program, workflow: WorkflowDef) -> Graph:
    """Return the graph of a workflow."""
    drawing = Drawing()
    drawing.add("workflowStart", f"Start: {workflow.name}", id="start")
    walker = _Walker(program, drawing, program.modules[workflow.module])
    walker.body(workflow.node)
    drawing.pen = join(drawing.pen, walker.returned)
    drawing.add("workflowEnd", "Return", id="end")
    return drawing.finish()


@dataclass
class _Loop:
    breaks: Pen = ()
    continues: Pen = ()


@dataclass
class _Walker:
    program: Program
    drawing: Drawing
    module: Module
    returned: Pen = ()
    calling: tuple[Function, ...] = ()
    _loops: list[_Loop] = field(default_factory=list)
    _tasks: list[Pen] = field(default_factory=list)
    _local: dict[str, Function] = field(default_factory=dict)

    def body(self, function: Function) -> None:
        """Walk the body of a function; what is returned from joins what falls off its end."""
        self.calling = (*self.calling, function)
        self.statements(function.body)
        self._join_tasks()
        self.drawing.pen = join(self.drawing.pen, self.returned)
        self.returned = ()

    def statements(self, body: Sequence[ast.stmt]) -> None:
        """Walk statements in order; what follows a `return` is not reached."""
        for statement in body:
            if not self.drawing.pen:
                return
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._local[node.name] = node
            case ast.ClassDef():
                pass
            case ast.If():
                self._choice(
                    node.test, _branches(lambda: self.statements(node.body), lambda: self.statements(node.orelse))
                )
            case ast.Match():
                self._match(node)
            case ast.For() | ast.AsyncFor():
                self._for(node)
            case ast.While():
                self._while(node)
            case ast.Try() | ast.TryStar():
                self._try(node)
            case ast.With() | ast.AsyncWith():
                self._with(node)
            case ast.Return():
                self._value(node.value)
                self.returned = join(self.returned, self.drawing.pen)
                self.drawing.pen = ()
            case ast.Raise():
                self._value(node.exc)
                self.drawing.pen = ()
            case ast.Break() | ast.Continue():
                self._jump(node)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._value(child)

    def _jump(self, node: ast.Break | ast.Continue) -> None:
        loop = self._loops[-1]
        if isinstance(node, ast.Break):
            loop.breaks = join(loop.breaks, self.drawing.pen)
        else:
            loop.continues = join(loop.continues, self.drawing.pen)
        self.drawing.pen = ()

    # --- decisions

    def _choice(self, test: ast.expr, branches: Sequence[tuple[str, Callable[[], None]]]) -> None:
        """Draw a decision, unless nothing durable depends on it."""
        self._value(test)
        mark = self.drawing.mark()
        jumps = self._jumps()
        name = self.drawing.count("cond")
        self.drawing.add("conditional", _text(test), id=f"{name}_node")
        ends: list[Pen] = []
        for label, branch in branches:
            self.drawing.pen = (Exit(f"{name}_node", "conditional", label),)
            with self.drawing.inside(conditionalId=name, conditionalBranch="Then" if label == "true" else "Else"):
                branch()
            ends.append(self.drawing.pen)
        if len(self.drawing.nodes) == mark.nodes + 1 and jumps == self._jumps() and all(ends):
            self.drawing.rewind(mark)
            return
        self.drawing.pen = join(*ends)

    def _jumps(self) -> tuple[Pen, ...]:
        return (self.returned, *(pen for loop in self._loops for pen in (loop.breaks, loop.continues)))

    def _match(self, node: ast.Match) -> None:
        branches: list[tuple[str, Callable[[], None]]] = [
            (ast.unparse(case.pattern)[:_LABEL], partial(self.statements, case.body)) for case in node.cases
        ]
        if not any(isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None for case in node.cases):
            branches.append(("no match", lambda: None))
        self._choice(node.subject, branches)

    # --- loops

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        if isinstance(node, ast.AsyncFor):
            # The iterator is awaited once per round: its node belongs to the loop.
            self._loop(lambda: self.statements(node.body), node.orelse, head=node.iter, is_await=True)
            return
        self._value(node.iter)
        self._loop(lambda: self.statements(node.body), node.orelse)

    def _while(self, node: ast.While) -> None:
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        self._loop(lambda: self.statements(node.body), node.orelse, head=node.test, endless=endless)

    def _loop(
        self,
        round: Callable[[], object],
        orelse: Sequence[ast.stmt],
        *,
        head: ast.expr | None = None,
        is_await: bool = False,
        endless: bool = False,
    ) -> None:
        """Draw a loop. What its head waits for (`while await more():`) is where it is left again."""
        mark = self.drawing.mark()
        self._loops.append(_Loop())
        with self.drawing.inside(loopId=self.drawing.count("loop"), loopIsAwait=is_await):
            self._value(head)
            tested = self.drawing.pen
            round()
        loop = self._loops.pop()
        if len(self.drawing.nodes) == mark.nodes:
            self.drawing.rewind(mark)
            self.drawing.pen = join(mark.pen, loop.breaks)
            return
        self.drawing.pen = join(self.drawing.pen, loop.continues)
        self.drawing.back(self.drawing.nodes[mark.nodes].id)
        left = tested if tested != mark.pen else join(mark.pen, self.drawing.pen)
        self.drawing.pen = () if endless else left
        if self.drawing.pen:
            self.statements(orelse)
        self.drawing.pen = join(self.drawing.pen, loop.breaks)

    # --- exceptions and contexts

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        before = self.drawing.pen
        first = len(self.drawing.nodes)
        self.statements(node.body)
        raising = [Exit(item.id) for item in self.drawing.nodes[first:]] or list(before)
        if self.drawing.pen:
            self.statements(node.orelse)
        ends = [self.drawing.pen]
        for handler in node.handlers:
            label = f"except {_text(handler.type)}" if handler.type is not None else "except"
            self.drawing.pen = tuple(Exit(exit.node, "default", label) for exit in raising)
            self.statements(handler.body)
            ends.append(self.drawing.pen)
        self.drawing.pen = join(*ends)
        if node.finalbody:
            left = self.returned if not self.drawing.pen else ()
            self.drawing.pen = self.drawing.pen or tuple(raising)
            self.statements(node.finalbody)
            if left:
                self.returned = join(self.returned, self.drawing.pen)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self._value(item.context_expr)
        if any("TaskGroup" in ast.unparse(item.context_expr) for item in node.items):
            outer, self._tasks = self._tasks, []
            with self.drawing.inside(parallelGroupId=self.drawing.count("parallel"), parallelMethod="all"):
                self.statements(node.body)
            self._join_tasks()
            self._tasks = outer
        else:
            self.statements(node.body)

    def _join_tasks(self) -> None:
        """Wait for the tasks that are under way: what comes next comes after all of them."""
        if self._tasks:
            started = {exit.node for pen in self._tasks for exit in pen}
            waiting = tuple(exit for exit in self.drawing.pen if not self._led_to(exit.node, started))
            self.drawing.pen = join(waiting, *self._tasks)
            self._tasks = []

    def _led_to(self, source: str, targets: set[str]) -> bool:
        return any(edge.source == source and edge.target in targets for edge in self.drawing.edges.values())

    # --- expressions

    def _value(self, node: ast.expr | None) -> None:
        """Walk an expression in the order in which it is evaluated."""
        match node:
            case None | ast.Lambda() | ast.Constant() | ast.Name():
                return
            case ast.Await(value=ast.Name()):
                self._join_tasks()
            case ast.IfExp():
                self._choice(node.test, _branches(lambda: self._value(node.body), lambda: self._value(node.orelse)))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._comprehension(node)
            case ast.Call():
                self._call(node)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._value(child)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self._value(node.generators[0].iter)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]

        def round() -> None:
            for generator in node.generators:
                for condition in generator.ifs:
                    self._value(condition)
            for part in parts:
                self._value(part)

        self._loop(round, [], is_await=any(generator.is_async for generator in node.generators))

    def _call(self, node: ast.Call) -> None:
        kind = classify(self.program, self.module, node)
        if kind is not None and kind.kind == "group":
            self._group(node, kind.label)
            return
        if kind is not None and kind.kind == "task":
            self._task(node)
            return
        self._value(node.func if isinstance(node.func, ast.Attribute) else None)
        for argument in _arguments(node):
            self._value(argument)
        if kind is None:
            if isinstance(node.func, ast.Name) and node.func.id in self._local:
                self._into(self.module, self._local[node.func.id])
        elif kind.kind == "function":
            assert kind.module is not None
            assert kind.function is not None
            self._into(kind.module, kind.function)
        elif kind.kind == "step":
            self.drawing.add("step", kind.label, step_id=kind.step_id)
        else:
            self.drawing.add("primitive", kind.label)

    def _into(self, module: Module, function: Function) -> None:
        if function in self.calling or not self.drawing.pen:
            return
        inner = _Walker(self.program, self.drawing, module, calling=self.calling)
        inner._local = self._local
        inner.body(function)

    def _group(self, node: ast.Call, method: str) -> None:
        before = self.drawing.pen
        ends: list[Pen] = []
        with self.drawing.inside(parallelGroupId=self.drawing.count("parallel"), parallelMethod=method):
            for argument in _spread(_arguments(node)):
                self.drawing.pen = before
                self._value(argument)
                if self.drawing.pen != before:
                    ends.append(self.drawing.pen)
        self.drawing.pen = join(*ends) if ends else before
        self._join_tasks()

    def _task(self, node: ast.Call) -> None:
        before = self.drawing.pen
        for argument in _arguments(node):
            self._value(argument)
        if self.drawing.pen != before:
            self._tasks.append(self.drawing.pen)
        self.drawing.pen = before


def _branches(then: Callable[[], None], otherwise: Callable[[], None]) -> list[tuple[str, Callable[[], None]]]:
    return [("true", then), ("false", otherwise)]


def _spread(arguments: Sequence[ast.expr]) -> Iterator[ast.expr]:
    """Yield the members of `gather(a(), *[b(), c()])` one by one."""
    for argument in arguments:
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        if isinstance(inner, ast.List | ast.Tuple | ast.Set):
            yield from inner.elts
        else:
            yield inner


def _arguments(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _text(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"
