"""Where workflow code gets values that a replay would not get again: calls, references, hidden receivers.

In: the rules' context. Out: places in FLOW, and in the classes and variables that FLOW mentions: a class body's
`default_factory=uuid4` is called when the workflow makes an object.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from ..binder import Definition, Module, ScopeKind
from ..callgraph import Reached, Reference, references
from ..syntax import all_statements, defaults_of
from .ancestry import class_and_bases
from .arguments import is_told
from .base import Context

Place = tuple[Module, ast.expr]

# Names that hold a value: to mention them is to read it.
_VALUES = frozenset({"os.environ", "os.environb", "sys.argv", "sys.orig_argv", "sys.executable", "sys.modules"})


@dataclass(frozen=True)
class Source:
    """A call of `name`, or a reference to it, that the code of `reached` leads to.

    With `at_import` it is what is called or read when the module is imported; the workflow reads what came of it.
    `given` says that the call has the argument that decides, see `arguments`.
    """

    reached: Reached
    module: Module
    node: ast.expr
    name: str
    at_import: bool = False
    given: bool = True


@dataclass(frozen=True)
class Read:
    """A place in FLOW that mentions a variable of the project, or an attribute of one of its classes."""

    reached: Reached
    node: ast.expr
    definition: Definition


@dataclass(frozen=True)
class Mentions:
    """What FLOW mentions: what the project doesn't define, itself or through what is mentioned, and its variables."""

    sources: Sequence[Source]
    reads: Sequence[Read]


def sources(context: Context, kind: str) -> Iterator[Source]:
    """Yield what the facts call by this kind: calls first, then references."""
    for reached, call in context.effects.get(kind, ()):
        if call.callee is not None:
            yield Source(reached, reached.function.module, call.node, call.callee)
    for source in context.mentions.sources:
        if not source.at_import and context.facts.kind(source.name, has_arguments=source.given) == kind:
            yield source


def import_time_sources(context: Context, kinds: Collection[str]) -> Iterator[Source]:
    """Yield what is called or read at import, of these kinds, where FLOW reads what came of it.

    The defaults of a workflow's own parameters are left out: WFC414 is about these.
    """
    for source in context.mentions.sources:
        if source.at_import and not _is_own_default(context, source):
            kind = context.facts.kind(source.name, has_arguments=source.given) or ""
            if kind.removeprefix("rewritten_") in kinds:
                yield source


def is_stored(source: Source) -> bool:
    """Say whether an item of a value is set or deleted, not read: `os.environ["X"] = "1"`."""
    parent = source.reached.function.parents.get(source.node)
    return isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load)


def _is_own_default(context: Context, source: Source) -> bool:
    function = source.reached.function
    if source.module is not function.module or not context.is_workflow(function.dotted):
        return False
    return any(source.node in ast.walk(default) for _, default in defaults_of(function.node.args))


def assignment_of(source: Source) -> ast.stmt | ast.expr:
    """Return the assignment that a call is made for, the call itself where there is none."""
    found: ast.stmt | ast.expr = source.node
    for statement in all_statements(source.module.tree.body):
        holds = statement.lineno <= source.node.lineno <= (statement.end_lineno or statement.lineno)
        if holds and isinstance(statement, ast.Assign | ast.AnnAssign):
            found = statement
    return found


def mentions(context: Context) -> Mentions:
    """Return the references of FLOW, and those of what FLOW mentions.

    Calls of library functions are left out, since the call graph has them.
    """
    seen: set[object] = set()
    found: list[Source | Read] = []
    for reached in context.graph.flow:
        node = reached.function.node
        for reference in references(node.body, runs=True):
            if reference.call is None or not _is_outside(context, reached.function.module, reference):
                found += _mentioned(context, reached, reference, seen)
        for reference in references([node.args]):
            found += _mentioned(context, reached, reference, seen)
        found += _policies(context, reached)
    return Mentions(
        [item for item in found if isinstance(item, Source)], [item for item in found if isinstance(item, Read)]
    )


def _policies(context: Context, reached: Reached) -> Iterator[Source]:
    """Yield what a function is decorated with: `@retry(wait=wait_random())` draws whenever the function fails."""
    module = reached.function.module
    for reference in references(reached.function.node.decorator_list):
        name = context.program.names.canonical(module, reference.node)
        if name is not None and (reference.call is None or name.partition(".")[0] not in sys.stdlib_module_names):
            yield Source(reached, module, reference.node, name)


def _is_outside(context: Context, module: Module, reference: Reference) -> bool:
    name = context.program.names.canonical(module, reference.node)
    return name is None or not context.program.names.is_first_party(name)


@dataclass(frozen=True)
class _Lead:
    """A reference to follow; `place` is the call at import that leads to it, `wanted` what is asked of its result."""

    module: Module
    reference: Reference
    place: Place | None = None
    wanted: str = ""


def _mentioned(context: Context, reached: Reached, first: Reference, seen: set[object]) -> Iterator[Source | Read]:
    """Yield a reference, and follow it into the class or variable that it names, and what these call at import."""
    pending = [_Lead(reached.function.module, first)]
    while pending:
        lead = pending.pop()
        module, reference = lead.module, lead.reference
        name = context.program.names.canonical(module, reference.node)
        if _is_outside(context, module, reference):
            if name is not None:
                yield from _source(reached, lead, name)
            continue
        definition = context.program.names.definition(name or "")
        if definition is None:
            continue
        if reference is first and not isinstance(definition.node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Read(reached, first.call or first.node, definition)
        library = _library_name(context, lead, definition) if reference.call is not None else None
        if library is not None:
            yield from _source(reached, lead, library)
        if reference.call is not None and not reference.runs:
            place = lead.place or (module, reference.call)
            pending += [_Lead(definition.module, inner, place) for inner in _called(definition, lead, place, seen)]
        pending += _evaluated(definition, seen)


def _source(reached: Reached, lead: _Lead, name: str) -> Iterator[Source]:
    """Yield a reference by name."""
    reference, call = lead.reference, lead.reference.call
    given = call is None or is_told(name, call)
    if not reference.runs and (call is not None or name in _VALUES):
        found, node = lead.place or (lead.module, call or reference.node)
        yield Source(reached, found, node, name, at_import=True, given=given)
    elif not (reference.is_base or _is_alias(lead.module, reference.node)):
        yield Source(reached, lead.module, call or reference.node, name, given=given)


def _evaluated(definition: Definition, seen: set[object]) -> Iterator[_Lead]:
    """Yield what the import of a class or variable refers to; methods are followed by the call graph."""
    wanted = definition.rest[0] if definition.rest else ""
    for binding in definition.bindings:
        nodes: list[ast.AST] = [binding.value] if binding.value is not None else []
        if isinstance(binding.node, ast.ClassDef):
            members = _members(binding.node, definition.rest)
            nodes = [*binding.node.bases, *binding.node.keywords, *binding.node.decorator_list, *members]
        for node in nodes:
            # What is asked of an object decides which of its attributes count.
            key = (node, wanted) if isinstance(node, ast.Call) else node
            if key not in seen:
                seen.add(key)
                is_base = isinstance(binding.node, ast.ClassDef) and node in binding.node.bases
                for reference in references([node]):
                    found = replace(reference, is_base=is_base and reference.node is node)
                    yield _Lead(definition.module, found, wanted=wanted if reference.call is node else "")


def _members(node: ast.ClassDef, rest: Sequence[str]) -> Iterator[ast.AST]:
    """Yield what a class body evaluates, of `Settings.url` what binds that name."""
    named = [item for item in node.body if rest and rest[0] in _bound_by(item)]
    for statement in named or node.body:
        yield statement.args if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) else statement


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def _called(definition: Definition, lead: _Lead, place: Place, seen: set[object]) -> Iterator[Reference]:
    """Yield what the value of a function, or the wanted attribute of an object, refers to when it is made at import."""
    for binding in definition.bindings if not definition.rest else ():
        values: list[ast.expr | None] = []
        if isinstance(binding.node, ast.FunctionDef):
            values = [item.value for item in all_statements(binding.node.body) if isinstance(item, ast.Return)]
        elif isinstance(binding.node, ast.ClassDef) and lead.wanted:
            values = list(_set_by_constructor(binding.node, lead.wanted))
        for value in values:
            if value is not None and (value, place[1]) not in seen:
                seen.add((value, place[1]))
                yield from references([value])


def _set_by_constructor(node: ast.ClassDef, attribute: str) -> Iterator[ast.expr]:
    """Yield what `__init__` binds an attribute of the object to."""
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name in ("__init__", "__post_init__"):
            for statement in all_statements(method.body):
                match statement:
                    case ast.Assign(targets=[ast.Attribute(attr=name)], value=value) if name == attribute:
                        yield value
                    case ast.AnnAssign(target=ast.Attribute(attr=name), value=ast.expr() as value) if name == attribute:
                        yield value


def _library_name(context: Context, lead: _Lead, definition: Definition) -> str | None:
    """Return what of a library's a call of something in the project stands for.

    A class that is filled from the environment, or, at import, a method of an object that the module makes.
    """
    if not definition.rest:
        return _settings_base(context, definition)
    name = context.receivers.resolve(lead.module, lead.reference.node) if not lead.reference.runs else None
    return name if name is not None and not context.program.names.is_first_party(name) else None


def _settings_base(context: Context, definition: Definition) -> str | None:
    """Return the library class that fills the objects of a class from the environment, if one does."""
    for found, node in class_and_bases(context, definition):
        for base in node.bases:
            name = context.program.names.canonical(found.module, base) or ""
            if context.facts.kind(name, has_arguments=True) == "environment":
                return name
    return None


def _is_alias(module: Module, node: ast.expr) -> bool:
    """Say whether a reference is all that a local name stands for: what is done with that name is found by itself."""
    scope = module.scope_of(node)
    return (
        any(len(bindings) == 1 and bindings[0].value is node for bindings in scope.bindings.values())
        and scope.kind is not ScopeKind.CLASS
    )
