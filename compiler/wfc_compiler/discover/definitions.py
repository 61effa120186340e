"""Registrations in, steps and workflows out, or the reason why one can't be compiled (0xx).

    @wf.step               StepDef("step//app.steps//charge", ...)
    def charge(): ...

`registrations` finds what is decorated, `discovery` puts the program together.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from ..binder import Module, Names, fold_test
from ..diagnostics import Diagnostic, Edit, Fix, Note, Span
from .options import OptionReader
from .registrations import Placed, Registration
from .values import FunctionNode, StepDef, WorkflowDef

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST_NAME = 200
"""In bytes: the name is that of the route's folder, for which file systems allow 255, and gets a hash behind it."""
LONGEST_ID = 1000
"""In bytes: stores index runs by it, PostgreSQL with up to some 2,700 for a whole entry."""
_RESERVED = frozenset(
    f"__{name}__"
    for name in (
        *("all", "annotate", "annotations", "builtins", "cached", "conditional_annotations", "dict", "dir", "doc"),
        *("file", "getattr", "loader", "name", "package", "path", "spec", "warningregistry"),
    )
)
_METHOD_DECORATORS = frozenset({"property", "classmethod", "cached_property"})


def find_definitions(
    registrations: Sequence[Registration], names: Names
) -> tuple[list[StepDef], list[WorkflowDef], list[Diagnostic]]:
    """Return the steps and workflows that can be compiled, and what is wrong with the others."""
    steps: dict[str, StepDef] = {}
    workflows: dict[str, WorkflowDef] = {}
    diagnostics: list[Diagnostic] = []
    first: dict[tuple[str, str], Registration] = {}
    for registration in registrations:
        key = registration.module.name, registration.node.name
        problems = list(check_shape(registration))
        misplaced = any(problem.code in ("WFC001", "WFC004", "WFC011") for problem in problems)
        if key in first and not misplaced:
            problems = [_twice(first[key], registration)]
        diagnostics += problems
        if misplaced:
            continue
        first.setdefault(key, registration)
        reader = OptionReader(names, registration.made.module)
        identity = f"{registration.kind}//{key[0]}//{key[1]}"
        rest = (*key, registration.node, registration.decorator, registration.registry)
        if registration.kind == "step":
            options = reader.read_step(registration.made.node, registration.node)
            steps.setdefault(identity, StepDef(identity, *rest, options))
        else:
            reader.read_workflow(registration.made.node)
            workflows.setdefault(identity, WorkflowDef(identity, *rest))
        diagnostics += reader.diagnostics
    return list(steps.values()), list(workflows.values()), diagnostics


def check_shape(registration: Registration) -> Iterator[Diagnostic]:
    """Yield what is wrong with the place and kind of a decorated function."""
    node, module, kind = registration.node, registration.module, registration.kind
    span = module.source.name_span(node)
    misplaced = placement_problem(registration.placed, module, f"a {kind}")
    if misplaced is not None:
        yield misplaced
        return
    yield from check_name(registration)
    yields = first_yield(node)
    if yields is not None:
        yield Diagnostic(
            "WFC003",
            f"{kind} `{node.name}` is a generator",
            span,
            label="its result would be a generator, which can't be recorded",
            secondary=(Note(module.source.span(yields), "because of this `yield`"),),
            help="return a list, or make it an ordinary function that awaits one step per item",
        )
    elif kind == "workflow" and isinstance(node, ast.FunctionDef):
        line = node.lineno
        column = module.source.column(line, node.col_offset)
        edit = Edit(Span(span.path, line, column, line, column), "async ")
        yield Diagnostic(
            "WFC002",
            f"workflow `{node.name}` is not `async def`",
            span,
            label="a workflow waits for its steps, so it must be async",
            help=f"write `async def {node.name}`",
            fix=Fix("make it `async def`", (edit,)),
        )


def check_name(registration: Registration) -> Iterator[Diagnostic]:
    """Yield a finding when the name of a step or workflow is Python's own, or too long for a folder or an index."""
    name, module = registration.node.name, registration.module
    span = module.source.name_span(registration.node)
    if name in _RESERVED:
        yield Diagnostic(
            "WFC018",
            f"{registration.kind} is named `{name}`, which Python reserves",
            span,
            label=f"Python reads `{name}` of a module for its own ends",
            help="choose a name without the underscores around it",
        )
    longest, what = LONGEST_NAME, "name"
    length = len(name.encode())
    if length <= LONGEST_NAME:
        longest, what = LONGEST_ID, "id"
        length = len(f"{registration.kind}//{module.name}//{name}".encode())
    if length > longest:
        yield Diagnostic(
            "WFC018",
            f"{registration.kind} has {'a' if what == 'name' else 'an'} {what} of {length} bytes",
            span,
            label=f"at most {longest} fit into every file system and store",
            help="shorten it" if what == "name" else "shorten it, or move the module up by some folders",
        )


def placement_problem(placed: Placed, module: Module, what: str) -> Diagnostic | None:
    """Return the finding for a definition that is not plainly at module level."""
    node = placed.node
    span = module.source.name_span(node)
    for outer in reversed(placed.around):
        directly = isinstance(outer, ast.ClassDef) and outer is placed.around[-1]
        if directly and isinstance(node, _FUNCTIONS) and _is_method(node):
            assert isinstance(outer, ast.ClassDef)
            return Diagnostic(
                "WFC004",
                f"{what} is a method, `{outer.name}.{node.name}`",
                span,
                label=f"needs an instance of `{outer.name}`, which no route has",
                help="make it a function at module level and pass it what it needs",
            )
        if isinstance(outer, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            kind = "class" if isinstance(outer, ast.ClassDef) else "function"
            return Diagnostic(
                "WFC001",
                f"{what} is defined inside the {kind} `{outer.name}`",
                span,
                label=f"`{node.name}` exists only where `{outer.name}` has run",
                help=f"move `{node.name}` to module level, and pass it as arguments what it uses",
            )
    if placed.around and not _always_runs(placed):
        block = placed.around[0]
        assert isinstance(block, ast.stmt)
        return Diagnostic(
            "WFC011",
            f"{what} is defined conditionally",
            span,
            label=f"whether `{node.name}` exists is only known at run time",
            secondary=(Note(_first_line(module, block), "because of this block"),),
            help="define it at module level without a condition, and branch inside it",
        )
    return None


def first_yield(node: FunctionNode) -> ast.expr | None:
    """Return the first `yield` of the function itself, not of functions inside it."""
    waiting: list[ast.AST] = list(reversed(node.body))
    while waiting:
        current = waiting.pop()
        if isinstance(current, ast.Yield | ast.YieldFrom):
            return current
        if not isinstance(current, (*_FUNCTIONS, ast.Lambda, ast.ClassDef)):
            waiting.extend(reversed(list(ast.iter_child_nodes(current))))
    return None


def _twice(first: Registration, second: Registration) -> Diagnostic:
    name, kind = second.node.name, second.kind
    span = second.module.source.name_span(second.node)
    note = Note(first.module.source.name_span(first.node), "the first one")
    if first.node is second.node:
        span_first = first.module.source.span(first.decorator)
        same = f"`{name}` is registered twice, as {first.kind} and as {kind}"
        if first.kind == second.kind:
            same = f"`{name}` is registered as a {kind} twice"
        return Diagnostic(
            "WFC009",
            same,
            span,
            label="one function is one thing",
            secondary=(Note(span_first, "the first decorator"),),
            help="keep one of the decorators",
        )
    return Diagnostic(
        "WFC005",
        f"`{name}` is defined twice with the id `{kind}//{second.module.name}//{name}`",
        span,
        label="replaces the first one",
        secondary=(note,),
        help="rename one of them",
    )


def _is_method(node: FunctionNode) -> bool:
    decorators = {ast.unparse(item).rpartition(".")[2] for item in node.decorator_list}
    if "staticmethod" in decorators:
        return False
    arguments = [*node.args.posonlyargs, *node.args.args]
    return bool(arguments) or bool(decorators & _METHOD_DECORATORS)


def _always_runs(placed: Placed) -> bool:
    """Say whether the blocks around a definition are tests that hold for this Python."""
    child: ast.AST = placed.node
    for block in reversed(placed.around):
        if not isinstance(block, ast.If) or child not in block.body or fold_test(block.test) is not True:
            return False
        child = block
    return True


def _first_line(module: Module, node: ast.stmt) -> Span:
    span = module.source.span(node)
    text = module.source.lines[span.line - 1]
    code = re.sub(r"\s+#.*$", "", text).rstrip()
    return Span(span.path, span.line, span.column, span.line, max(len(code), span.column) + 1)
