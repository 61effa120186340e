"""Fingerprint a workflow: equal when a run could go on with the new code, whatever else changed.

In: a program, and the slices of a workflow's route. Out: a digest over what decides about the workflow's durable
calls: its own code, and all that this refers to, but for what steps do, which a flow doesn't hold. `meaning` says
which edits of a statement leave no trace; beyond that the order of definitions and imports doesn't count, nor does
what only steps' annotations refer to.

The text that is emitted is not looked at, so that a new version of wfc leaves fingerprints alone. Where it emits
code that acts in another order, `LOWERING` has to be counted up.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..binder import BUILTINS, Module
from ..discover import Program, WorkflowDef
from ..slice import ModuleSlice
from ..slice.effects import Effects
from .meaning import Meaning, Target, read_meaning

LOWERING = 1
"""Counted up when the same source, lowered anew, may make its durable calls in another order."""

_LENGTH = 32
# What operators call. A class that a flow knows only by a step's annotation may be asked for these.
_OPERATORS = frozenset(
    f"__{name}__"
    for name in (
        *("eq", "ne", "lt", "le", "gt", "ge", "hash", "bool", "len", "contains", "iter", "next", "getitem", "call"),
        *(
            "add",
            "sub",
            "mul",
            "truediv",
            "floordiv",
            "mod",
            "neg",
            "and",
            "or",
            "xor",
            "int",
            "float",
            "str",
            "format",
        ),
        *("enter", "exit", "aenter", "aexit", "aiter", "anext", "await", "getattr", "getattribute", "radd", "index"),
    )
)
Place = tuple[str, int]


@dataclass
class Fingerprints:
    """Fingerprints of the workflows of a program; what several of them refer to is read once."""

    program: Program
    _meanings: dict[ast.stmt, Meaning] = field(default_factory=dict)
    _acting: dict[Place, bool] = field(default_factory=dict)
    _fixed: dict[str, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._effects = Effects(self.program)

    def of(self, workflow: WorkflowDef, slices: Mapping[str, ModuleSlice]) -> str:
        """Return the fingerprint of a workflow, given the slices of its route."""
        reach = _Reach(self, slices)
        reach.run((workflow.module, workflow.name))
        total = hashlib.sha256(f"{LOWERING} {workflow.id}".encode())
        for name, statements in sorted(reach.found.items()):
            module = self.program.modules[name]
            movable: list[str] = []
            total.update(f"\nmodule {name}\n".encode())
            for index in sorted(statements):
                node = module.tree.body[index]
                if self.acts(name, index) or not self.is_movable(module, index):
                    total.update(self.meaning(module, node).digest.encode())
                else:
                    movable.append(self.meaning(module, node).digest)
            total.update("\n".join(["", *sorted(movable), "", *sorted(reach.members.get(name, ()))]).encode())
        return total.hexdigest()[:_LENGTH]

    def meaning(self, module: Module, node: ast.stmt) -> Meaning:
        """Return what a statement means."""
        if node not in self._meanings:
            self._meanings[node] = read_meaning(self.program, module, node)
        return self._meanings[node]

    def acts(self, module: str, index: int) -> bool:
        """Say whether a statement does more than bind names, so that its place matters."""
        if (module, index) not in self._acting:
            bound = self.program.modules[module]
            effect = self._effects.of_statement(bound, bound.tree.body[index])
            self._acting[module, index] = bool(effect.targets) or effect.unknown is not None
        return self._acting[module, index]

    def is_movable(self, module: Module, index: int) -> bool:
        """Say whether a statement binds only names that nothing else binds: then its place doesn't matter."""
        if module.name not in self._fixed:
            self._fixed[module.name] = {
                binding.statement
                for name, bindings in module.bindings.items()
                for binding in bindings
                if len(bindings) > 1 or name in BUILTINS
            }
        return index not in self._fixed[module.name]


class _Reach:
    """What a workflow refers to: top-level statements by module, and single members of classes."""

    def __init__(self, fingerprints: Fingerprints, slices: Mapping[str, ModuleSlice]) -> None:
        self.program = fingerprints.program
        self.fingerprints = fingerprints
        self.kept = {
            name: [entry.index for entry in part.kept if not entry.stub]
            for name, part in slices.items()
            if name in self.program.modules
        }
        self.whole = {name for name, part in slices.items() if part.whole is not None}
        self.found: dict[str, set[int]] = {}
        self.members: dict[str, dict[str, None]] = {}
        self.attributes: set[str] = set()
        self._names: set[Target] = set()
        self._pending: list[Target] = []

    def run(self, start: Target) -> None:
        """Follow references from a definition, and from all that acts when the route's modules are imported."""
        self._ask([start])
        for name, indexes in self.kept.items():
            for index in indexes:
                if not self._is_import(name, index) and (name in self.whole or self.fingerprints.acts(name, index)):
                    self._take(name, index)
        self._follow()
        while self._take_members():
            self._follow()

    def _follow(self) -> None:
        while self._pending:
            module, name = self._pending.pop()
            kept = set(self.kept.get(module, ()))
            bound = self.program.modules.get(module)
            for binding in bound.bindings.get(name, ()) if bound is not None else ():
                if binding.statement in kept and not self._is_import(module, binding.statement):
                    self._take(module, binding.statement)

    def _take(self, module: str, index: int) -> None:
        taken = self.found.setdefault(module, set())
        if index not in taken:
            taken.add(index)
            bound = self.program.modules[module]
            self._note(self.fingerprints.meaning(bound, bound.tree.body[index]))

    def _take_members(self) -> bool:
        """Take what is asked of objects whose class no name leads to, as of what steps return; say if that was new."""
        before = len(self._names), sum(map(len, self.members.values()))
        for name, indexes in self.kept.items():
            module = self.program.modules[name]
            for index in indexes:
                node = module.tree.body[index]
                if isinstance(node, ast.ClassDef) and index not in self.found.get(name, ()):
                    for member in node.body:
                        self._take_member(module, node, member)
        return before != (len(self._names), sum(map(len, self.members.values())))

    def _take_member(self, module: Module, node: ast.ClassDef, member: ast.stmt) -> None:
        name = _member_name(member)
        if name in self.attributes or name in _OPERATORS:
            meaning = self.fingerprints.meaning(module, member)
            self.members.setdefault(module.name, {})[f"{node.name} {meaning.digest}"] = None
            self.found.setdefault(module.name, set())
            self._note(meaning)

    def _note(self, meaning: Meaning) -> None:
        self.attributes |= meaning.attributes
        self._ask(sorted(meaning.uses))

    def _ask(self, targets: list[Target]) -> None:
        self._pending += [target for target in targets if target not in self._names]
        self._names.update(targets)

    def _is_import(self, module: str, index: int) -> bool:
        return isinstance(self.program.modules[module].tree.body[index], ast.Import | ast.ImportFrom)


def _member_name(node: ast.stmt) -> str | None:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name
    return None
