"""Read a statement for what it means: its text without what can be changed freely, and what it refers to.

    async def flow(x):                 async def flow(x):
        total = await add(x, 1)            # the sum
        return total                       s: int = await add(b=1, a=x)
                                           return s

Both mean the same. Comments, positions, docstrings and the annotations of locals are left out, local variables are
numbered, global names are written as what they refer to, and calls of steps by their parameters' names. Our own
text rather than `ast.dump`, which differs between versions of Python.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..binder import BindingKind, Module, Scope, ScopeKind
from ..discover import FunctionNode, Program, StepDef
from ..project import absolute_module

Target = tuple[str, str]

_IGNORED = frozenset({"type_comment", "type_ignores", "kind", "ctx", "type_params"})
_DROPPED = (ast.Pass, ast.Global, ast.Nonlocal)
_IMPORTS = (BindingKind.IMPORT, BindingKind.FROM_IMPORT)
# Code that reads its own text or names: then a name is more than a name.
_REFLECTIVE_CALLS = frozenset(f"builtins.{name}" for name in ("locals", "eval", "exec", "vars", "dir", "globals"))
_REFLECTIVE_ATTRIBUTES = frozenset(
    {"__name__", "__qualname__", "__code__", "__doc__", "__annotations__", "f_locals", "cr_frame", "gi_frame"}
)
_STARTS = frozenset({"wfc.start", "wfc.start_sync", "wfc.start_options.start"})


@dataclass(frozen=True)
class Meaning:
    """What a statement means, as a digest; the definitions that it uses and the attributes that it names."""

    digest: str
    uses: frozenset[Target]
    attributes: frozenset[str]


def read_meaning(program: Program, module: Module, node: ast.stmt) -> Meaning:
    """Return the meaning of a statement at the top level of a module or of a class there."""
    reader = _Reader(program, module)
    reader.value(node)
    if reader.is_reflective:
        reader = _Reader(program, module, keeps_names=True)
        reader.value(node)
    text = "\0".join(reader.out).encode("utf-8", "surrogatepass")
    return Meaning(hashlib.sha256(text).hexdigest(), frozenset(reader.uses), frozenset(reader.attributes))


class _Reader:
    """One walk over a statement, which writes its text into `out`."""

    def __init__(self, program: Program, module: Module, *, keeps_names: bool = False) -> None:
        self.program = program
        self.module = module
        self.keeps_names = keeps_names
        self.is_reflective = False
        self.out: list[str] = []
        self.uses: set[Target] = set()
        self.attributes: set[str] = set()
        self._numbers: dict[tuple[Scope, str], int] = {}

    def value(self, item: object) -> None:
        """Write a node, a list of nodes, or what a node holds."""
        handler = _HANDLERS.get(type(item))
        if handler is not None:
            handler(self, item)
        elif isinstance(item, ast.AST):
            self.generic(item)
        elif isinstance(item, list):
            self.out.append("[")
            for part in _meaningful(item):
                self.value(part)
            self.out.append("]")
        else:
            self.out.append(_plain(item))

    def generic(self, node: ast.AST) -> None:
        """Write a node field by field."""
        self.out.append(type(node).__name__)
        for field in node._fields:
            value = getattr(node, field, None)
            if field in _IGNORED or value is None or value == []:
                continue
            self.out.append(field)
            self.value(value)
        self.out.append(";")

    # --- names

    def name(self, node: ast.Name) -> None:
        name = self.module.name_of(node)
        scope = self.module.bound.scope_by_node.get(node)
        owner = scope.owner(name) if scope is not None else None
        if owner is None or owner.kind is ScopeKind.MODULE:
            if isinstance(node.ctx, ast.Load):
                self.refer(self.program.names.canonical(self.module, node), name)
            else:
                self.out.append(f"global {name}")
                self.uses.add((self.module.name, name))
        elif isinstance(node.ctx, ast.Load) and all(item.kind in _IMPORTS for item in owner.bindings[name]):
            self.refer(self.program.names.canonical(self.module, node), name)
        else:
            self.local(owner, name)

    def local(self, owner: Scope, name: str) -> None:
        """Write a local variable: its number, the first one met being 0; the name itself in a class."""
        if owner.kind is ScopeKind.MODULE:
            self.out.append(f"global {name}")
        elif owner.kind is ScopeKind.CLASS:
            self.out.append(f"member {name}")
            if name in self.module.bindings:
                self.uses.add((self.module.name, name))  # until the class binds it, the global one is meant
        elif self.keeps_names:
            self.out.append(f"local {name}")
        else:
            number = self._numbers.setdefault((owner, name), len(self._numbers))
            self.out.append(f"local {number}")

    def bound(self, node: ast.AST, name: str | None) -> None:
        """Write a name that a node binds otherwise than by a Name node: `except E as name`."""
        if name is None:
            self.out.append("-")
            return
        name = self.module.bound.mangled.get(node, name)
        scope = self.module.bound.scope_by_node.get(node, self.module.scope)
        self.local(scope.owner(name) or scope, name)

    def refer(self, dotted: str | None, name: str) -> None:
        """Write a global name as what it refers to."""
        if dotted is None:
            self.out.append(f"free {name}")
            self.uses.add((self.module.name, name))
            return
        self.is_reflective |= dotted in _REFLECTIVE_CALLS
        step = self.program.step_by_name.get(dotted)
        if step is not None:
            self.out.append(f"{step.id}({', '.join(_required(step))}){_waiting(step)}")
            return
        definition = self.program.names.definition(dotted)
        if definition is not None:
            self.uses.add((definition.module.name, definition.name))
        self.out.append(f"global {dotted}")

    def attribute(self, node: ast.Attribute) -> None:
        self.attributes.add(node.attr)
        self.is_reflective |= node.attr in _REFLECTIVE_ATTRIBUTES
        dotted = self.program.names.canonical(self.module, node) if isinstance(node.ctx, ast.Load) else None
        if dotted is not None:
            self.refer(dotted, node.attr)
            return
        self.generic(node)

    # --- calls

    def call(self, node: ast.Call) -> None:
        dotted = self.program.names.canonical(self.module, node.func)
        step = self.program.step_by_name.get(dotted or "")
        if step is not None and not _has_stars(node):
            self.out.append(f"call {step.id}{_waiting(step)}")
            self.step_arguments(step, node)
        elif dotted in _STARTS and node.args and self._child(node.args[0]):
            self.out.append(f"call {dotted} {self._child(node.args[0])}")
            self.value(node.args[1:])
            self.value(node.keywords)
        else:
            self.generic(node)

    def _child(self, node: ast.expr) -> str | None:
        """Return the id of a workflow that is started as a run of its own: what it does is its own affair."""
        workflow = self.program.workflow_by_name.get(self.program.names.canonical(self.module, node) or "")
        return workflow.id if workflow is not None else None

    def step_arguments(self, step: StepDef, node: ast.Call) -> None:
        """Write a step's arguments by their parameters' names; in any order, where that can't matter."""
        parameters = [argument.arg for argument in (*step.node.args.posonlyargs, *step.node.args.args)]
        names = [*parameters[: len(node.args)], *(f"*{n}" for n in range(len(node.args) - len(parameters)))]
        given: list[tuple[str, ast.expr]] = list(zip(names, node.args, strict=True))
        given += [(keyword.arg or "**", keyword.value) for keyword in node.keywords]
        if not any(_may_act(value) for _, value in given):
            given.sort(key=lambda pair: pair[0])
        for name, value in given:
            self.out.append(f"{name}=")
            self.value(value)
        self.out.append(";")

    # --- definitions

    def function(self, node: FunctionNode) -> None:
        self.out.append(type(node).__name__)
        self.bound(node, node.name)
        decorators = [item for item in node.decorator_list if not self._is_sdk(item)]
        self.value(decorators)
        # A decorator may read annotations, and a workflow's input is checked against them; nobody reads others.
        annotated = bool(decorators) or len(decorators) < len(node.decorator_list)
        self.parameters(node, annotated=annotated)
        if annotated and node.returns is not None:
            self.value(node.returns)
        self.value(node.body)
        self.out.append(";")

    def lambda_(self, node: ast.Lambda) -> None:
        self.out.append("Lambda")
        self.parameters(node, annotated=False)
        self.value(node.body)

    def parameters(self, node: FunctionNode | ast.Lambda, *, annotated: bool) -> None:
        """Write parameters; the names of those that can be passed by name, too."""
        arguments = node.args
        scope = self.module.scope_inside(node)
        kinds = (
            ("/", arguments.posonlyargs),
            ("", arguments.args),
            ("*", [arguments.vararg] if arguments.vararg else []),
            ("", arguments.kwonlyargs),
            ("**", [arguments.kwarg] if arguments.kwarg else []),
        )
        for kind, group in kinds:
            self.out.append(f"({kind}")
            for argument in group:
                if not kind and not isinstance(node, ast.Lambda):
                    self.out.append(argument.arg)
                self.local(scope, self.module.bound.mangled.get(argument, argument.arg))
                if annotated and argument.annotation is not None:
                    self.value(argument.annotation)
        self.value(arguments.defaults)
        self.value(arguments.kw_defaults)

    def _is_sdk(self, decorator: ast.expr) -> bool:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        dotted = self.program.names.canonical(self.module, target) or ""
        return any(registry.dotted == dotted.rpartition(".")[0] for registry in self.program.registries)

    # --- statements and literals

    def annotated(self, node: ast.AnnAssign) -> None:
        """Write `x: int = 1` as `x = 1`, but in a class, whose annotations make fields."""
        if self.module.scope_of(node).kind is ScopeKind.CLASS:
            self.generic(node)
        elif node.value is not None:
            self.value(ast.Assign(targets=[node.target], value=node.value))

    def import_(self, node: ast.Import) -> None:
        for alias in node.names:
            self.out.append(f"import {alias.name} {'as' if alias.asname else ''}")
            self.bound(alias, alias.asname or alias.name.partition(".")[0])

    def import_from(self, node: ast.ImportFrom) -> None:
        base = absolute_module(self.module.source, node)
        for alias in node.names:
            self.out.append(f"import {base}:{alias.name}")
            if alias.name != "*":
                self.bound(alias, alias.asname or alias.name)

    def handler(self, node: ast.ExceptHandler) -> None:
        self.out.append("except")
        self.value(node.type)
        self.bound(node, node.name)
        self.value(node.body)

    def capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self.out.append(type(node).__name__)
        self.value(getattr(node, "pattern", None))
        self.bound(node, node.name)

    def mapping(self, node: ast.MatchMapping) -> None:
        self.out.append("MatchMapping")
        self.value(node.keys)
        self.value(node.patterns)
        self.bound(node, node.rest)

    def constant(self, node: ast.Constant) -> None:
        parsed = self.module.bound.annotations.get(node)
        if parsed is not None:
            self.value(parsed)
        else:
            self.out.append(_plain(node.value))

    def joined(self, node: ast.JoinedStr) -> None:
        """Write an f-string; how its literal parts are cut differs between versions of Python."""
        self.out.append("f[")
        literal = ""
        for part in _flat(node):
            if isinstance(part, ast.Constant):
                literal += str(part.value)
                continue
            self.out.append(_plain(literal))
            literal = ""
            self.value(part)
        self.out += [_plain(literal), "]"]

    def formatted(self, node: ast.FormattedValue) -> None:
        self.out.append(f"{{{node.conversion}")
        self.value(node.value)
        if isinstance(node.format_spec, ast.JoinedStr) and node.format_spec.values:
            self.value(node.format_spec)


def _meaningful(items: Sequence[object]) -> Iterator[object]:
    """Yield the items of a list, without statements that do nothing."""
    for item in items:
        if isinstance(item, _DROPPED):
            continue
        if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant):
            continue
        yield item


def _plain(value: object) -> str:
    """Return a literal as text that is the same in all versions of Python."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"int {value:x}"  # no limit of digits
    return f"{type(value).__name__} {value!a}"


def _flat(node: ast.JoinedStr) -> Iterable[ast.expr]:
    for part in node.values:
        if isinstance(part, ast.JoinedStr):
            yield from _flat(part)
        else:
            yield part


def _waiting(step: StepDef) -> str:
    """Return what tells how a cancellation is answered: that of a cancellable step is an event of its own."""
    return " cancellable" if step.options.cancellable else ""


def _required(step: StepDef) -> list[str]:
    """Return the names of the parameters without a default: what a caller by any name has to pass."""
    arguments = step.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    without = positional[: len(positional) - len(arguments.defaults)]
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [argument.arg for argument in (*without, *(argument for argument, default in keywords if default is None))]


def _has_stars(node: ast.Call) -> bool:
    return any(isinstance(item, ast.Starred) for item in node.args) or any(item.arg is None for item in node.keywords)


def _may_act(node: ast.expr) -> bool:
    """Say whether evaluating an argument may do something, so that its place among the others matters."""
    acting = (ast.Call, ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
    return any(isinstance(part, acting) for part in ast.walk(node))


_HANDLERS: dict[type, Callable[[_Reader, Any], None]] = {
    ast.Name: _Reader.name,
    ast.Attribute: _Reader.attribute,
    ast.Call: _Reader.call,
    ast.FunctionDef: _Reader.function,
    ast.AsyncFunctionDef: _Reader.function,
    ast.Lambda: _Reader.lambda_,
    ast.AnnAssign: _Reader.annotated,
    ast.Import: _Reader.import_,
    ast.ImportFrom: _Reader.import_from,
    ast.ExceptHandler: _Reader.handler,
    ast.MatchAs: _Reader.capture,
    ast.MatchStar: _Reader.capture,
    ast.MatchMapping: _Reader.mapping,
    ast.Constant: _Reader.constant,
    ast.JoinedStr: _Reader.joined,
    ast.FormattedValue: _Reader.formatted,
}
