"""Mutable defaults that a function changes, or gives away: WFC112.

In: the functions that workflows reach. Out: a finding at the default, with the place that changes it, and a fix where
`= None` means the same. The defaults of workflows themselves are WFC414's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...binder import BindingKind, Module
from ...callgraph import Function, Reached
from ...diagnostics import Diagnostic, Edit, Fix, Note, Span
from ...syntax import defaults_of, start_line
from ..base import Context, Rule
from ..scaffold import flow_with, in_flow, step_with
from .containers import display_class, methods_of_class
from .memo import Effect, effect_of
from .shared import Kind, Shared, whole
from .writes import CHANGE_ARGUMENT, Write, statement_around, value_stored

_OPERATORS = {"builtins.list": (ast.Add, ast.Mult), "builtins.dict": (ast.BitOr,), "builtins.bytearray": (ast.Add,)}
_OF_SETS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)
_TYPES = frozenset({f"builtins.{name}" for name in ("list", "dict", "set")}) | {
    f"typing.{name}" for name in ("List", "Dict", "Set")
}


class MutableDefault(Rule):
    """A function that a workflow calls changes the default of a parameter, or gives it away.

    Why: A default is made once, when the module is imported, and all calls in the process get that one object. What
    one run puts into it the next one finds there, and so does a replay.

    Fix: Write `= None` and make the value in the body: `if found is None: found = []`. `--fix` does it.

    Suppress: Where nothing that is put into it differs between runs.
    """

    code = "WFC112"
    bad = (
        flow_with("def add(x, found=[]):\n    found.append(x)\n    return len(found)\n", "return add(url)"),
        flow_with("def add(x, *, found: dict = {}):\n    found[x] = 1\n    return len(found)\n", "return add(url)"),
        flow_with("def add(x, found: set[str] = set()):\n    found |= {x}\n    return len(found)\n", "return add(url)"),
        flow_with("def add(x, found=[]):\n    for _ in [1]: found += [x]\n    return len(found)\n", "return add(url)"),
        flow_with("def rows(found=[]): return found\n", "return rows()"),
        flow_with(
            "class Cart:\n    def __init__(self, items=[]):\n        self.items = items\n", "return Cart().items"
        ),
        flow_with(
            "import heapq\ndef push(x, to=[]):\n    heapq.heappush(to, x)\n    return len(to)\n", "return push(1)"
        ),
        in_flow("return await note(name)")
        + '\nasync def note(x, by={}):\n    """Note."""\n    return by.setdefault(x, []).append(1)\n',
    )
    good = (
        flow_with("def add(x, found=None):\n    found = found or []\n    found.append(x)\n", "return add(url)"),
        flow_with("def add(x, found=[]):\n    found = [*found, x]\n    return found\n", "return add(url)"),
        flow_with("def total(xs=[]): return sum(xs) + len(xs)\n", "return total()"),
        flow_with("def show(options={}): return dict(**options), options.get('a'), 'a' in options\n", "return show()"),
        flow_with("def add(x, found=()):\n    found += (x,)\n    return found\n", "return add(url)"),
        flow_with("def names(known=frozenset({'a'})): return known\n", "return names()"),
        flow_with("def wrap(xs=[]): return tuple(xs), sorted(xs), [*xs]\n", "return wrap()"),
        flow_with("", "def add(x, found=[]): found.append(x)\n    add(url)"),
        flow_with(
            "def double(n, known={}):\n    if n not in known:\n        known[n] = 2 * n\n    return known[n]\n",
            "return double(3)",
        ),
        step_with("def add(x, found=[]): found.append(x)\n", "add(url)"),
        flow_with(
            "import dataclasses\n@dataclasses.dataclass\nclass Cart:\n"
            "    items: list = dataclasses.field(default_factory=list)\n",
            "Cart().items.append(url)",
        ),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per default that is changed or given away."""
        for reached in context.graph.flow:
            function = reached.function
            if context.is_workflow(function.dotted):
                continue
            for parameter, default in defaults_of(function.node.args):
                kind = _class_of(context, function.module, default)
                use = _use_of(context, reached, parameter, kind) if kind is not None else None
                if use is not None:
                    yield self._report(context, reached, parameter, default, use)

    def _report(
        self, context: Context, reached: Reached, parameter: ast.arg, default: ast.expr, use: tuple[ast.expr, str]
    ) -> Diagnostic:
        source = reached.function.module.source
        node, what = use
        return Diagnostic(
            self.code,
            f"the mutable default of `{parameter.arg}` is {what}",
            source.span(default),
            label="one object for all runs, made at import",
            secondary=(Note(source.span(node), f"{what} here"),),
            help=f"write `{parameter.arg}=None`, and make the value in the body",
            workflow=reached.root,
            chain=reached.chain,
            fix=_fix(context, reached.function, parameter, default),
        )


def _class_of(context: Context, module: Module, default: ast.expr) -> str | None:
    """Return the class of a default that can be changed."""
    made = display_class(default)
    if made is None and isinstance(default, ast.Call):
        made = context.receivers.class_of(module, default)
    return made if made is not None and methods_of_class(made) else None


def _use_of(context: Context, reached: Reached, parameter: ast.arg, kind: str) -> tuple[ast.expr, str] | None:
    """Return where a parameter is changed or given away, and which of the two."""
    function = reached.function
    scope = function.module.scope_inside(function.node)
    kinds = {binding.kind for binding in scope.bindings.get(parameter.arg, ())}
    if kinds - {BindingKind.PARAMETER, BindingKind.AUGMENTED}:
        return None
    names = [node for node in function.of_type(ast.Name) if node.id == parameter.arg and _is_of(function, node)]
    for node in names:
        if isinstance(node.ctx, ast.Store):
            if _is_changed_in_place(function, node, kind):
                return node, "changed"
        elif _is_changed(context, function, node, kind) and not _is_memo(context, reached, node):
            return node, "changed"
    if BindingKind.AUGMENTED in kinds:
        return None
    return next(((node, "given away") for node in names if _is_given_away(function, node)), None)


def _is_of(function: Function, node: ast.Name) -> bool:
    return function.module.scope_of(node).owner(node.id) is function.module.scope_inside(function.node)


def _is_changed_in_place(function: Function, node: ast.Name, kind: str) -> bool:
    """Say whether `found += [x]` changes the object itself."""
    parent = function.parents.get(node)
    return isinstance(parent, ast.AugAssign) and isinstance(
        parent.op, _OF_SETS if kind == "builtins.set" else _OPERATORS.get(kind, ())
    )


def _is_changed(context: Context, function: Function, node: ast.Name, kind: str) -> bool:
    parent = function.parents.get(node)
    match parent:
        case ast.Subscript() | ast.Attribute() if not isinstance(parent.ctx, ast.Load):
            return parent.value is node
        case ast.Subscript():  # found[key] += 1, found[key][other] = 1
            outer: ast.AST | None = parent
            while isinstance(outer, ast.Subscript) and whole(outer) is node:
                if not isinstance(outer.ctx, ast.Load):
                    return True
                outer = function.parents.get(outer)
            return False
        case ast.Attribute(attr=method):
            call = function.parents.get(parent)
            return isinstance(call, ast.Call) and call.func is parent and method in methods_of_class(kind)
        case ast.Call(args=[first, *_], func=func) if first is node:
            return context.receivers.resolve(function.module, func) in CHANGE_ARGUMENT
    return False


def _is_memo(context: Context, reached: Reached, node: ast.Name) -> bool:
    """Say whether a default keeps results that are the same for all runs: `if n not in found: found[n] = ...`."""
    shared = Shared(node.id, Kind.PARAMETER)
    target = reached.function.parents.get(node)
    if isinstance(target, ast.Subscript):
        statement = statement_around(reached, target)
        write = Write(shared, statement, value_stored(statement, target), is_item=True)
        return effect_of(context, reached, write) is Effect.HARMLESS
    call = reached.function.parents.get(target) if target is not None else None
    if isinstance(call, ast.Call) and isinstance(target, ast.Attribute) and target.attr == "setdefault":
        whole_is_kept = not isinstance(reached.function.parents.get(call), ast.Attribute)  # `setdefault(x, []).append`
        kept = call.args[1] if len(call.args) == 2 and whole_is_kept else None
        return effect_of(context, reached, Write(shared, call, kept, is_item=True)) is Effect.HARMLESS
    return False


def _is_given_away(function: Function, node: ast.Name) -> bool:
    """Say whether whoever gets it may change it: returned or kept as it is."""
    match function.parents.get(node):
        case ast.Return() | ast.Yield():
            return True
        case ast.Assign(targets=targets, value=value) if value is node:
            return any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
        case ast.AnnAssign(target=ast.Attribute(), value=value):
            return value is node
    return False


# --- the fix


def _fix(context: Context, function: Function, parameter: ast.arg, default: ast.expr) -> Fix | None:
    """Return the edits that make the value in the body, where these mean the same."""
    source, body = function.module.source, function.node.body
    first = body[1] if len(body) > 1 and _is_docstring(body[0]) else body[0]
    line = source.lines[start_line(first) - 1]
    indent = line[: len(line) - len(line.lstrip())]
    alone = (
        start_line(first) > _header_end(function) and source.column(first.lineno, first.col_offset) == len(indent) + 1
    )
    if not alone or _is_docstring(first) or not _is_empty(default) or _meets_none(function, parameter):
        return None
    annotation = _optional(context, function.module, parameter)
    if annotation is None:
        return None
    inner = indent + ("\t" if indent.endswith("\t") else "    ")
    name, place = (
        parameter.arg,
        Span(source.relpath, start_line(first), len(indent) + 1, start_line(first), len(indent) + 1),
    )
    value = source.text_of(default)
    made = Edit(place, f"if {name} is None:\n{inner}{name} = {value}\n{indent}")
    return Fix("make it in the body", (*annotation, Edit(source.span(default), "None"), made))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _header_end(function: Function) -> int:
    """Return the last line that the header surely reaches."""
    arguments = function.node.args
    parts = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    return max([function.node.lineno, *(part.end_lineno or 0 for part in parts)])


def _is_empty(default: ast.expr) -> bool:
    match default:
        case ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Call(func=ast.Name(), args=[], keywords=[]):
            return True
    return False


def _meets_none(function: Function, parameter: ast.arg) -> bool:
    """Say whether a function tells None from other values already."""
    return any(
        any(isinstance(part, ast.Name) and part.id == parameter.arg for part in (node.left, *node.comparators))
        and any(isinstance(part, ast.Constant) and part.value is None for part in (node.left, *node.comparators))
        for node in function.of_type(ast.Compare)
    )


def _optional(context: Context, module: Module, parameter: ast.arg) -> tuple[Edit, ...] | None:
    """Return the edit that lets an annotation be None; None where it can't be told how."""
    annotation = parameter.annotation
    if annotation is None:
        return ()
    generic = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    if (
        not isinstance(generic, ast.Name | ast.Attribute)
        or context.program.names.canonical(module, generic) not in _TYPES
    ):
        return None
    span = module.source.span(annotation)
    return (Edit(Span(span.path, span.end_line, span.end_column, span.end_line, span.end_column), " | None"),)
