"""Who writes and who reads the module globals that steps write, route by route.

    def charge(): global LAST; LAST = now        step `charge` writes app.LAST
    def report(): return LAST                    step `report` reads it, and its route doesn't reach the write

In: the call graph. Out: for each variable that a step writes, the places where functions write and read it, and the
workflows and steps that reach them. Routes share no memory.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ...binder import Module
from ...callgraph import Function, Reached
from ..base import Context
from .objects import Methods
from .shared import Kind, Shared, shared_at
from .writes import Write, writes


@dataclass(frozen=True)
class Use:
    """A place where a function writes or reads a shared object, or the part of it that is known: `STATE["a"]`."""

    reached: Reached
    shared: Shared
    node: ast.expr | ast.stmt
    part: object


@dataclass(frozen=True)
class Region:
    """Functions that run in workflows, or those that run in steps, with their roots and who leads to whom."""

    reached: Mapping[str, Reached]
    callers: Mapping[str, Collection[str]]
    roots: Mapping[str, str]

    def roots_of(self, use: Use) -> set[str]:
        """Return the ids of the workflows or steps that reach the function of a use."""
        seen = {use.reached.function.dotted}
        waiting = deque(seen)
        while waiting:
            for caller in self.callers.get(waiting.popleft(), ()):
                if caller not in seen:
                    seen.add(caller)
                    waiting.append(caller)
        return {self.roots[name] for name in seen if name in self.roots}


class Memory:
    """The shared objects that steps write, and who uses them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def written(self) -> Mapping[str, list[Use]]:
        """Return where steps write, by the name of the shared object."""
        found: dict[str, list[Use]] = {}
        methods = Methods(self._context, self._context.graph.step)
        for reached in self._context.graph.step:
            for use in _writes(self._context, reached, methods):
                found.setdefault(use.shared.key, []).append(use)
        return found

    def writers(self, key: str) -> set[str]:
        """Return the ids of workflows and steps whose route reaches a write."""
        return {
            root for region in self._regions for use in self._writes_in(region, key) for root in region.roots_of(use)
        }

    def readers(self, key: str, parts: Collection[object]) -> Mapping[str, Use]:
        """Return the workflows and steps whose route reads any of these parts, by id, each with a place."""
        found: dict[str, Use] = {}
        for region in self._regions:
            for use in self._reads_in(region, key):
                if use.part is None or None in parts or use.part in parts:
                    for root in sorted(region.roots_of(use)):
                        found.setdefault(root, use)
        return found

    def facts(self, written: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return what workflows and steps do with what steps write, by id; `written` are further names to look for."""
        found: dict[str, set[str]] = {}
        for key in {*written, *self.written}:
            for region in self._regions:
                uses = [("writes", use) for use in self._writes_in(region, key)]
                uses += [("reads", use) for use in self._reads_in(region, key)]
                for what, use in uses:
                    for root in region.roots_of(use):
                        found.setdefault(root, set()).add(f"{what} {key} {use.part!r}")
        return {root: frozenset(facts) for root, facts in found.items()}

    def _writes_in(self, region: Region, key: str) -> Iterator[Use]:
        methods = Methods(self._context, tuple(region.reached.values()))
        for reached in self._mentioning(key, region):
            yield from (use for use in _writes(self._context, reached, methods) if use.shared.key == key)

    def _reads_in(self, region: Region, key: str) -> Iterator[Use]:
        for reached in self._mentioning(key, region):
            yield from _reads(self._context, reached, key)

    def _mentioning(self, key: str, region: Region) -> Iterator[Reached]:
        """Yield the functions of a region that may mention a shared object: its name stands in their module."""
        name = key.rpartition(".")[2].encode()
        for reached in region.reached.values():
            if name in reached.function.module.source.data:
                yield reached

    @cached_property
    def _regions(self) -> tuple[Region, Region]:
        program, graph = self._context.program, self._context.graph
        workflows = {workflow.dotted: workflow.id for workflow in program.workflows}
        steps = {step.dotted: step.id for step in program.steps}
        return _region(graph.flow, workflows, stop=steps), _region(graph.step, steps, stop=workflows)


def _region(functions: Collection[Reached], roots: Mapping[str, str], stop: Collection[str]) -> Region:
    callers: dict[str, set[str]] = {}
    for reached in functions:
        for lead in reached.leads:
            if lead.to not in stop:
                callers.setdefault(lead.to, set()).add(reached.function.dotted)
    return Region({reached.function.dotted: reached for reached in functions}, callers, roots)


# --- writes


def _writes(context: Context, reached: Reached, methods: Methods) -> Iterator[Use]:
    """Yield what a function writes of variables and of attributes of classes."""
    for write in writes(context, reached):
        if write.shared.kind in (Kind.VARIABLE, Kind.CLASS) and write.shared.definition is not None:
            yield Use(reached, write.shared, write.node, _part_written(context, reached, write))
    for change in methods.changes(reached):
        yield Use(reached, change.shared, change.call.node, None)


def _part_written(context: Context, reached: Reached, write: Write) -> object:
    """Return the attribute or constant key that a statement stores into, None where it changes the whole."""
    if isinstance(write.node, ast.Call):
        return None
    for node in _mentions(context, reached.function, write.shared.key):
        place = _place(reached.function, node)
        if isinstance(place.whole.ctx, ast.Store | ast.Del) and _holds(reached.function, write.node, node):
            return place.part
    return None


# --- reads


def _reads(context: Context, reached: Reached, key: str) -> Iterator[Use]:
    """Yield where a function reads a shared object, and doesn't only change it."""
    function = reached.function
    changed = {write.node for write in writes(context, reached) if write.shared.key == key}
    for node in _mentions(context, function, key):
        place = _place(function, node)
        if not isinstance(place.whole.ctx, ast.Load):
            continue
        call = function.parents.get(place.whole)
        if call in changed and isinstance(function.parents.get(call), ast.Expr):
            continue  # `SEEN.append(x)` as a statement
        shared = shared_at(context, function.module, node)
        if shared is not None:
            yield Use(reached, shared, place.whole, place.part)


@dataclass(frozen=True)
class _Place:
    """What is read or stored through a mention: `STATE["a"]`, and the first part of that."""

    whole: ast.Name | ast.Attribute | ast.Subscript
    part: object


def _place(function: Function, node: ast.Name | ast.Attribute) -> _Place:
    whole: ast.Name | ast.Attribute | ast.Subscript = node
    part: object = None
    parent = function.parents.get(whole)
    while isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is whole:
        if whole is node:
            key = parent.slice if isinstance(parent, ast.Subscript) else ast.Constant(parent.attr)
            part = key.value if isinstance(key, ast.Constant) else None
        whole, parent = parent, function.parents.get(parent)
    if isinstance(parent, ast.Call) and parent.func is whole and _is_first_part(whole, node):
        part = None  # of `STATE.get(key)` any part may be read
    return _Place(whole, part)


def _is_first_part(whole: ast.expr, node: ast.expr) -> bool:
    return isinstance(whole, ast.Attribute) and whole.value is node


def _mentions(context: Context, function: Function, key: str) -> Iterator[ast.Name | ast.Attribute]:
    name = key.rpartition(".")[2]
    module = function.module
    spellings = _spellings(module, name)
    nodes: list[ast.Name | ast.Attribute] = [
        *(node for node in function.of_type(ast.Name) if node.id in spellings),
        *(node for node in function.of_type(ast.Attribute) if node.attr == name),
    ]
    for node in nodes:
        shared = shared_at(context, module, node)
        if shared is not None and shared.key == key:
            yield node


def _spellings(module: Module, name: str) -> frozenset[str]:
    """Return the names under which a module may know a variable: `from state import LAST as last`."""
    bound = {
        known
        for known, bindings in module.bindings.items()
        if any((binding.target or "").rpartition(".")[2] == name for binding in bindings)
    }
    return frozenset(bound | {name})


def _holds(function: Function, outer: ast.AST, node: ast.AST | None) -> bool:
    while node is not None and node is not outer:
        node = function.parents.get(node)
    return node is outer
