"""What slicing has to say: code kept for caution's sake (info), and what can't be sliced (errors).

In: the closures of all routes. Out: diagnostics of the 5xx family, one per place however many routes
it concerns; 403 and 311 for annotations and handlers that a route can't honour.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import islice

from ..binder import Module
from ..diagnostics import Diagnostic, Severity, Span
from ..discover import StepDef, WorkflowDef
from .advice import advice
from .analysis import Analysis
from .cycles import Broken
from .paths import leading_out
from .plan import Reached, RoutePlan
from .uses import chains

Routes = Sequence[tuple[RoutePlan, Reached]]


def findings(analysis: Analysis, routes: Routes) -> Iterator[Diagnostic]:
    """Yield what there is to say about the routes of a program."""
    yield from _kept_unknown(analysis, routes)
    yield from _kept_whole(analysis, routes)
    yield from _named_at_run_time(analysis, routes)
    yield from _data_elsewhere(analysis, routes)
    yield from _unmatched_fatal(analysis, routes)
    yield from advice(analysis, routes)
    program = analysis.program
    definitions: list[StepDef | WorkflowDef] = [*program.steps, *program.workflows]
    for definition in definitions:
        yield from _missing_annotations(analysis, definition)


def broken_cycle(analysis: Analysis, route: str, broken: Broken) -> Diagnostic:
    """Say that a route's modules import each other in a circle that no order can satisfy."""
    source = analysis.program.modules[broken.module].source
    name = broken.imported.name
    return Diagnostic(
        "WFC507",
        f"import cycle: `{broken.imported.module}` has not defined `{name}` yet when this import runs",
        source.span(broken.imported.node),
        label=f"`{broken.imported.module}` is still being imported here",
        help=f"import `{broken.imported.module}` as a module and use its attribute, or import inside the function "
        f"that needs `{name}`",
        workflow=route,
    )


def _kept_unknown(analysis: Analysis, routes: Routes) -> Iterator[Diagnostic]:
    minimal = analysis.program.project.config.slice == "minimal"
    for module, index in sorted({place for _, reached in routes for place in reached.unknown}):
        bound = analysis.program.modules[module]
        unknown = analysis.effect(module, index).unknown
        node = unknown if isinstance(unknown, ast.expr | ast.stmt) else bound.tree.body[index]
        own = any(node is child for child in ast.walk(bound.tree.body[index]))
        span = bound.source.span(node if own else bound.tree.body[index])
        if not minimal:
            yield Diagnostic(
                "WFC503",
                "statement with unknown effects is kept",
                span,
                label="every route that holds this module runs this",
                help='move it into the function that needs it, or set `slice = "minimal"` to leave such statements out',
            )
        elif any((module, index) in reached.unknown and not _keeps(reached, module, index) for _, reached in routes):
            yield Diagnostic(
                "WFC503",
                "statement with unknown effects is left out",
                span,
                label='no route runs this but for a name that it binds: `slice = "minimal"`',
                help="move it into the function that needs it, or accept it with `# wfc: ignore[WFC503] -- reason`",
                severity=Severity.WARNING,
            )


def _keeps(reached: Reached, module: str, index: int) -> bool:
    return any(entry.index == index for entry in reached.slices[module].kept)


def _kept_whole(analysis: Analysis, routes: Routes) -> Iterator[Diagnostic]:
    whole = {
        (part.module, part.whole) for route, _ in routes for part in route.slices.values() if part.whole is not None
    }
    for module, reason in sorted(whole):
        source = analysis.program.modules[module].source
        yield Diagnostic(
            "WFC512",
            f"module `{module}` is kept whole: {reason}",
            Span(source.relpath, 1, 1, 1, 1),
            help="import the names that are used, so that routes without them stay small",
        )


def _named_at_run_time(analysis: Analysis, routes: Routes) -> Iterator[Diagnostic]:
    """Refuse `import_module(f"app.{x}")`: it would import the user's own `app`, not the route's."""
    places = {(module, index) for _, reached in routes for module, index, _ in reached.imported_by_name}
    places |= _uses_dunder_import(analysis, routes)
    for module, index in sorted(places):
        bound = analysis.program.modules[module]
        for call in ast.walk(bound.tree.body[index]):
            if isinstance(call, ast.Call) and _is_unclear(analysis, call):
                yield Diagnostic(
                    "WFC521",
                    "first-party module is imported by a name made at run time",
                    bound.source.span(call),
                    label="this leads out of the route's own tree",
                    help="import the modules plainly and choose among them, or use a relative name: "
                    '`import_module(f".{name}", __package__)`',
                )


def _uses_dunder_import(analysis: Analysis, routes: Routes) -> set[tuple[str, int]]:
    kept = {
        (part.module, entry.index)
        for route, _ in routes
        for part in route.slices.values()
        for entry in part.kept
        if not entry.stub
    }
    return {
        (module, index)
        for module, index in kept
        if any(chain.root == "__import__" for chain in analysis.facts[module].statements[index].uses)
    }


def _is_unclear(analysis: Analysis, call: ast.Call) -> bool:
    called = getattr(call.func, "attr", None) or getattr(call.func, "id", None)
    match call.args:
        case [ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]), *others]:
            made = True
        case [ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Add()), *others]:
            made = True
        case [ast.Constant(value=str(text)), *others]:
            made = False
        case _:
            return False
    if called == "__import__":
        return analysis.program.names.is_first_party(text)
    # Lowering leads `import_module(f"app.{name}")` to the route's own tree.
    return called == "import_module" and made and bool(others) and analysis.program.names.is_first_party(text)


def _data_elsewhere(analysis: Analysis, routes: Routes) -> Iterator[Diagnostic]:
    if analysis.program.project.config.include:
        return
    for module, index in sorted({place for _, reached in routes for place in reached.resources}):
        bound = analysis.program.modules[module]
        for node in islice(leading_out(analysis.program.names, bound, bound.tree.body[index]), 1):
            yield Diagnostic(
                "WFC509",
                "data file outside the package is read",
                bound.source.span(node),
                label="a route holds the files of the module's own package",
                help='name the files in the configuration: `[tool.wfc] include = ["data/*.json"]`',
            )


def _unmatched_fatal(analysis: Analysis, routes: Routes) -> Iterator[Diagnostic]:
    """Refuse handlers that hide `FatalError` from lowering: a group's members, a tuple with a name."""
    for route, _ in routes:
        for part in route.slices.values() if route.kind == "flow" else ():
            bound = analysis.program.modules[part.module]
            for entry in part.kept:
                for node in () if entry.stub else analysis.handlers(part.module, entry.index):
                    for handler in node.handlers:
                        words = _why_unmatched(analysis, bound, node, handler)
                        if words is not None:
                            yield Diagnostic(
                                "WFC311",
                                words[0],
                                bound.source.span(handler.type or handler),
                                help=words[1],
                                workflow=route.id,
                            )


def _why_unmatched(
    analysis: Analysis, module: Module, node: ast.Try | ast.TryStar, handler: ast.ExceptHandler
) -> tuple[str, str] | None:
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = [analysis.program.names.canonical(module, part) for part in parts if part is not None]
    if isinstance(node, ast.TryStar):
        if "wfc.FatalError" in names:
            words = "catch the group with `except ExceptionGroup` and look at its `exceptions`"
            return "`except* FatalError` in a workflow", words
        return None
    for name in names:
        definition = analysis.program.names.definition(name) if name else None
        value = definition.bindings[-1].value if definition is not None else None
        if definition is None or not isinstance(value, ast.Tuple):
            continue
        members = [analysis.program.names.canonical(definition.module, part) for part in value.elts]
        if "wfc.FatalError" in members:
            return f"`except {definition.name}` hides `FatalError`", "name `FatalError` in the `except` clause itself"
    return None


def _missing_annotations(analysis: Analysis, definition: StepDef | WorkflowDef) -> Iterator[Diagnostic]:
    """Find annotations that the runtime has to read and that only type checkers can."""
    module = analysis.program.modules[definition.module]
    facts = analysis.facts[definition.module].statements
    arguments = definition.node.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    annotations = [parameter.annotation for parameter in parameters] + [definition.node.returns]
    for annotation in filter(None, annotations):
        for chain in sorted(set(chains([annotation], module))):
            bindings = module.bindings.get(chain.root, ())
            if bindings and all(facts[binding.statement].dropped == "TYPE_CHECKING" for binding in bindings):
                yield Diagnostic(
                    "WFC403",
                    f"`{chain.root}` is imported for type checkers only, and the runtime needs it",
                    module.source.span(annotation),
                    label="read at run time, to check and decode the value",
                    help=f"import `{chain.root}` outside `if TYPE_CHECKING:`",
                )
