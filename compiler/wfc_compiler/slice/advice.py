"""What works and may surprise: patches of libraries, registrations of a step, heavy imports for annotations alone.

In: the routes of a program. Out: warnings (505, 514) and infos (516), one per place.

    requests.get = cached_get            each route that holds this changes `requests` for all routes of a worker
    @app.get("/price")
    @wf.step                             `app` is the route's own copy: whoever serves the app sees no such function
    def price(): ...
    import pandas
    def rows(frame: pandas.DataFrame)    costs a second of import time, and nothing runs it
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..binder import Module
from ..diagnostics import Diagnostic
from ..discover import StepDef, WorkflowDef
from ..syntax import all_statements
from .analysis import Analysis
from .plan import Reached, RoutePlan
from .uses import Chain, chains

Routes = Sequence[tuple[RoutePlan, Reached]]

# Packages that take a good part of a second, or tens of megabytes, to import.
_HEAVY = """
    botocore boto3 cv2 dask geopandas google jax langchain matplotlib numba numpy pandas plotly polars pyarrow pyspark
    scipy seaborn sentence_transformers skimage sklearn spacy statsmodels sympy tensorflow torch torchvision
    transformers xgboost
"""


def advice(analysis: Analysis, routes: Routes) -> Iterator[Diagnostic]:
    """Yield what there is to say about the statements that routes keep, and about steps and workflows."""
    kept: dict[str, set[int]] = {}
    for route, _ in routes:
        for part in route.slices.values():
            kept.setdefault(part.module, set()).update(entry.index for entry in part.kept if not entry.stub)
    for name, indices in sorted(kept.items()):
        module = analysis.program.modules[name]
        for index in sorted(indices):
            yield from _patches(analysis, module, module.tree.body[index])
        yield from _only_annotated(analysis, module, sorted(indices))
    definitions: list[StepDef | WorkflowDef] = [*analysis.program.steps, *analysis.program.workflows]
    for definition in definitions:
        yield from _registered_elsewhere(analysis, definition)


def _patches(analysis: Analysis, module: Module, kept: ast.stmt) -> Iterator[Diagnostic]:
    for node in all_statements([kept]):
        for target, place in _assigned(analysis, module, node):
            yield Diagnostic(
                "WFC505",
                f"`{target}` is replaced",
                module.source.span(place),
                label="every route that holds this replaces it for all routes of the worker",
                help=f"wrap `{target}` in a function of your own and call that",
            )


def _assigned(analysis: Analysis, module: Module, node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the attributes of libraries that a statement gives a function or class, with the place."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Attribute) and _replaces(analysis, module, target, value):
                    yield ast.unparse(target), target
        case ast.Expr(value=ast.Call(func=called, args=[owner, ast.Constant(value=str(name)), value]) as call):
            target = ast.Attribute(owner, name, ast.Store())
            sets = analysis.program.names.canonical(module, called) == "builtins.setattr"
            if sets and _replaces(analysis, module, target, value):
                yield ast.unparse(target), call


def _replaces(analysis: Analysis, module: Module, target: ast.Attribute, value: ast.expr) -> bool:
    """Say whether an attribute of a library gets a function or class."""
    owner = analysis.program.names.canonical(module, target.value)
    if owner is None or analysis.program.names.is_first_party(owner):
        return False
    return _is_code(analysis, module, value) or _wraps(analysis, module, value, target)


def _is_code(analysis: Analysis, module: Module, value: ast.expr) -> bool:
    """Say whether a value is a function or class: `stripe.api_key = KEY` is how that library is configured."""
    name = analysis.program.names.canonical(module, value)
    made = analysis.program.names.definition(name) if name is not None else None
    if made is None:
        return isinstance(value, ast.Lambda)
    return isinstance(made.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _wraps(analysis: Analysis, module: Module, value: ast.expr, target: ast.Attribute) -> bool:
    """Recognise `requests.get = cached(requests.get)`."""
    names = analysis.program.names
    before = names.canonical(module, target)
    return isinstance(value, ast.Call) and any(names.canonical(module, item) == before for item in value.args)


def _registered_elsewhere(analysis: Analysis, definition: StepDef | WorkflowDef) -> Iterator[Diagnostic]:
    module = analysis.program.modules[definition.module]
    for decorator in definition.node.decorator_list:
        if decorator is definition.decorator:
            continue  # the registry's own, under whatever name
        changed = sorted(analysis.decorator_effect(module, decorator).targets)
        owner = next((name for name in changed if name != (definition.module, definition.name)), None)
        if owner is not None:
            kind = "step" if isinstance(definition, StepDef) else "workflow"
            yield Diagnostic(
                "WFC514",
                f"`@{ast.unparse(decorator)}` registers the {kind} elsewhere",
                module.source.span(decorator),
                label=f"the route has its own `{owner[1]}`: an entry here is seen by nothing outside it",
                help=f"decorate a function of its own that calls the {kind}",
            )


def _only_annotated(analysis: Analysis, module: Module, kept: Sequence[int]) -> Iterator[Diagnostic]:
    """Find heavy imports whose names nothing uses but annotations that the runtime doesn't read."""
    heavy = {
        imported.bound: imported
        for index in kept
        for imported in analysis.facts[module.name].statements[index].imports
        if imported.module.partition(".")[0] in _HEAVY.split() and not imported.in_function
    }
    if not heavy:
        return
    definitions: list[StepDef | WorkflowDef] = [*analysis.program.steps, *analysis.program.workflows]
    read = {item.node for item in definitions if item.module == module.name}
    nodes = [module.tree.body[index] for index in kept]
    every = list(chains(nodes, module))
    unread = list(chains([note for node in nodes for note in _annotations(node, read)], module))
    for name, imported in sorted(heavy.items()):
        uses, notes = _count(every, name), _count(unread, name)
        if notes and uses == notes:
            yield Diagnostic(
                "WFC516",
                f"`{name}` is imported for annotations alone",
                module.source.span(imported.node),
                label=f"`{imported.module.partition('.')[0]}` takes long to import, and nothing here calls it",
                help="import it under `if TYPE_CHECKING:` and put `from __future__ import annotations` at the top",
            )


def _count(found: Sequence[Chain], name: str) -> int:
    return sum(chain.root == name for chain in found)


def _annotations(node: ast.stmt, read: set[ast.FunctionDef | ast.AsyncFunctionDef]) -> Iterator[ast.expr]:
    """Yield the annotations of functions; those of classes may be fields, which libraries read."""
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and part not in read:
            arguments = (argument for argument in ast.walk(part.args) if isinstance(argument, ast.arg))
            yield from (argument.annotation for argument in arguments if argument.annotation is not None)
            if part.returns is not None:
                yield part.returns
