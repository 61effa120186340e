"""Who writes and who reads the module globals that steps write, route by route.

    def charge(): global LAST; LAST = now        step `charge` writes app.LAST
    def report(): return LAST                    step `report` reads it, and its route doesn't reach the write

In: the call graph. Out: for each variable that a step writes, the places where functions write and read it, and the
workflows and steps that reach them. Routes share no memory.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
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


class Region:
    """Functions that run in workflows, or those that run in steps, with their roots and who leads to whom."""

    def __init__(
        self, context: Context, functions: Sequence[Reached], roots: Mapping[str, str], stop: Collection[str]
    ) -> None:
        self._context = context
        self.functions = functions
        self._roots = roots
        self._methods = Methods(context, functions)
        self._writes: dict[ast.AST, Sequence[Use]] = {}
        self._callers: dict[str, set[str]] = {}
        for reached in functions:
            for lead in reached.leads:
                if lead.to not in stop:
                    self._callers.setdefault(lead.to, set()).add(reached.function.dotted)

    def roots_of(self, use: Use) -> set[str]:
        """Return the ids of the workflows or steps that reach the function of a use."""
        seen = {use.reached.function.dotted}
        waiting = deque(seen)
        while waiting:
            for caller in self._callers.get(waiting.popleft(), ()):
                if caller not in seen:
                    seen.add(caller)
                    waiting.append(caller)
        return {self._roots[name] for name in seen if name in self._roots}

    def writes(self, reached: Reached) -> Sequence[Use]:
        """Return what a function writes."""
        node = reached.function.node
        if node not in self._writes:
            self._writes[node] = tuple(_writes(self._context, reached, self._methods))
        return self._writes[node]


class Memory:
    """The shared objects that steps write, and who uses them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def written(self) -> Mapping[str, list[Use]]:
        """Return where steps write, by the name of the shared object."""
        found: dict[str, list[Use]] = {}
        _, steps = self._regions
        for reached in steps.functions:
            for use in steps.writes(reached):
                found.setdefault(use.shared.key, []).append(use)
        return found

    def writers(self, key: str) -> set[str]:
        """Return the ids of workflows and steps whose route reaches a write."""
        found: set[str] = set()
        for region, reached in self._users.get(_name(key), ()):
            for use in region.writes(reached):
                if use.shared.key == key:
                    found |= region.roots_of(use)
        return found

    def readers(self, key: str, parts: Collection[object]) -> Mapping[str, Use]:
        """Return the workflows and steps whose route reads any of these parts, by id, each with a place."""
        found: dict[str, Use] = {}
        for region, reached in self._users.get(_name(key), ()):
            for use in _reads(self._context, reached, key):
                if use.part is None or None in parts or use.part in parts:
                    for root in sorted(region.roots_of(use)):
                        found.setdefault(root, use)
        return found

    def facts(self, written: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return what workflows and steps do with what steps write, by id; `written` are further names to look for."""
        found: dict[str, set[str]] = {}
        keys = {*written, *self.written}
        users = self._users_of(keys)
        for key in keys:
            for region, reached in users.get(_name(key), ()):
                uses = [("writes", use) for use in region.writes(reached) if use.shared.key == key]
                uses += [("reads", use) for use in _reads(self._context, reached, key)]
                for what, use in uses:
                    for root in region.roots_of(use):
                        found.setdefault(root, set()).add(f"{what} {key} {use.part!r}")
        return {root: frozenset(facts) for root, facts in found.items()}

    @cached_property
    def _users(self) -> Mapping[str, Sequence[tuple[Region, Reached]]]:
        return self._users_of(self.written)

    def _users_of(self, keys: Collection[str]) -> Mapping[str, Sequence[tuple[Region, Reached]]]:
        """Return the functions that may use shared objects, by the last part of these objects' names."""
        found: dict[str, list[tuple[Region, Reached]]] = {}
        names = frozenset(map(_name, keys))
        known: dict[Module, Mapping[str, str]] = {}
        for region in self._regions if names else ():
            for reached in region.functions:
                function = reached.function
                if function.module not in known:
                    known[function.module] = _spellings(function.module, names)
                spelled = known[function.module]
                used = {spelled[node.id] for node in function.of_type(ast.Name) if node.id in spelled}
                used |= names.intersection(node.attr for node in function.of_type(ast.Attribute))
                for name in sorted(used):
                    found.setdefault(name, []).append((region, reached))
        return found

    @cached_property
    def _regions(self) -> tuple[Region, Region]:
        program, graph = self._context.program, self._context.graph
        workflows = {workflow.dotted: workflow.id for workflow in program.workflows}
        steps = {step.dotted: step.id for step in program.steps}
        return (
            Region(self._context, graph.flow, workflows, stop=steps),
            Region(self._context, graph.step, steps, stop=workflows),
        )


def _name(key: str) -> str:
    return key.rpartition(".")[2]


def _spellings(module: Module, names: Collection[str]) -> Mapping[str, str]:
    """Return what a module calls these names: `from state import LAST as last`."""
    found = {name: name for name in names}
    for known, bindings in module.bindings.items():
        for binding in bindings:
            if binding.target is not None and _name(binding.target) in names:
                found[known] = _name(binding.target)
    return found


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
    name, module = _name(key), function.module
    spellings = _spellings(module, (name,))
    nodes: list[ast.Name | ast.Attribute] = [
        *(node for node in function.of_type(ast.Name) if node.id in spellings),
        *(node for node in function.of_type(ast.Attribute) if node.attr == name),
    ]
    for node in nodes:
        shared = shared_at(context, module, node)
        if shared is not None and shared.key == key:
            yield node


def _holds(function: Function, outer: ast.AST, node: ast.AST | None) -> bool:
    while node is not None and node is not outer:
        node = function.parents.get(node)
    return node is outer
