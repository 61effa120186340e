"""A project in, a `Program` out: registries, steps, workflows, hooks, and what is wrong with them.

`discover_program` names the stages in their order; `callgraph` and the rules go on with the `Program`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..binder import Module, Names
from ..diagnostics import Diagnostic
from ..project import Entrypoint, Project
from ..syntax import check_compiles
from .called import called_registrations
from .definitions import find_definitions
from .hooks import find_hooks
from .options import OptionReader
from .registrations import (
    Placed,
    Registration,
    placed_definitions,
    read_decorator,
)
from .registries import find_registries
from .values import Program, Registry

_TEST_FILES = ("conftest.py", "_test.py")


def discover_program(project: Project) -> tuple[Program, tuple[Diagnostic, ...]]:
    """Bind the modules of a project and find its definitions."""
    modules = {name: Module(file, project.trees[name]) for name, file in project.files.items()}
    program, found = discover_within(project, modules, modules)
    return program, (*found, *check_entrypoints(program), *find_unreached(program))


def discover_within(
    project: Project, modules: Mapping[str, Module], within: Mapping[str, Module]
) -> tuple[Program, tuple[Diagnostic, ...]]:
    """Find the definitions in some modules of a project; names are followed through all `modules`."""
    names = Names(modules)
    registries = find_registries(within, names)
    by_name = {registry.dotted: registry for registry in registries}
    registrations, diagnostics = find_registrations(within, names, by_name)
    steps, workflows, shape = find_definitions(registrations, names)
    hooks, hook_problems = find_hooks(within, names)
    program = Program(
        project=project,
        modules=modules,
        names=names,
        registries=registries,
        steps=tuple(sorted(steps, key=lambda item: item.id)),
        workflows=tuple(sorted(workflows, key=lambda item: item.id)),
        hooks=tuple(sorted(hooks, key=lambda item: item.dotted)),
    )
    found = (
        *check_registries(program),
        *diagnostics,
        *shape,
        *hook_problems,
        *check_compilable(within),
    )
    return program, found


def find_registrations(
    modules: Mapping[str, Module], names: Names, registries: Mapping[str, Registry]
) -> tuple[list[Registration], list[Diagnostic]]:
    """Return all decorated functions, and findings about their decorators."""
    found: list[Registration] = []
    diagnostics: list[Diagnostic] = []
    for module in modules.values():
        decorated = placed_definitions(module.tree) if b"@" in module.source.data else ()
        for placed in decorated:
            for decorator in placed.node.decorator_list:
                result = read_decorator(names, registries, module, decorator)
                if isinstance(result, Diagnostic):
                    diagnostics.append(result)
                elif result is not None and isinstance(placed.node, ast.ClassDef):
                    diagnostics.append(_decorated_class(module, placed, decorator))
                elif result is not None and not isinstance(placed.node, ast.ClassDef):
                    found.append(Registration(module, placed, placed.node, decorator, result))
    diagnostics += called_registrations(modules.values(), names, registries)
    return found, diagnostics


def check_registries(program: Program) -> Iterator[Diagnostic]:
    """Yield what is wrong with the arguments of `Workflows(...)` (WFC007)."""
    for registry in program.registries:
        reader = OptionReader(program.names, program.modules[registry.module])
        reader.check_registry(registry.node)
        yield from reader.diagnostics


def check_entrypoints(program: Program) -> Iterator[Diagnostic]:
    """Yield entrypoints without a registry (WFC017)."""
    if program.project.entrypoints and not program.workflows and not program.steps:
        reached = bool(program.registries or program.hooks)
    else:
        reached = True
    for entry in program.project.entrypoints:
        if entry.span is None:
            continue
        dotted = f"{entry.module}.{entry.attribute}" if entry.attribute else None
        registries = {registry.dotted for registry in program.registries}
        if dotted is not None and entry.module in program.modules:
            if program.names.follow(dotted) not in registries:
                yield _no_registry(entry, f"`{entry.attribute}` is no `Workflows()`", registries)
        elif entry.module in program.modules and not reached:
            yield _no_registry(entry, "nothing that it imports makes a `Workflows()`", registries)


def check_compilable(modules: Mapping[str, Module]) -> Iterator[Diagnostic]:
    """Yield errors that only CPython's compiler finds (`return` outside a function)."""
    for name in sorted(modules):
        source = modules[name].source
        problem = check_compiles(source.data, source.relpath)
        if problem is not None:
            yield problem


@dataclass(frozen=True)
class Unreached:
    """A step, workflow or hook in a module that no entrypoint reaches."""

    kind: str
    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def unreached_definitions(program: Program) -> Iterator[Unreached]:
    """Yield what the project defines outside of the modules that its entrypoints reach; test files don't count."""
    project = program.project
    if not project.unreached:
        return
    outside = {name: Module(file, project.unreached_trees[name]) for name, file in project.unreached.items()}
    by_folder: dict[str, dict[str, Module]] = {"": {}}
    for name, module in outside.items():
        why = project.unimportable.get(name)
        by_folder.setdefault(why.folder if why is not None else "", {})[name] = module
    for folder, modules in by_folder.items():
        # Scripts in a folder that can't be imported may name each other as if it were the root.
        inside = {name.removeprefix(f"{folder}."): module for name, module in modules.items()}
        names = Names({**inside, **program.modules, **outside})
        registries = {item.dotted: item for item in find_registries({**program.modules, **outside}, names)}
        registrations, _ = find_registrations(modules, names, registries)
        hooks, _ = find_hooks(modules, names)
        for item in registrations:
            if not _is_test(item.module):
                yield Unreached(item.kind, item.module, item.node)
        for hook in hooks:
            if not _is_test(outside[hook.module]):
                yield Unreached("hook", outside[hook.module], hook.node)


def find_unreached(program: Program) -> Iterator[Diagnostic]:
    """Yield a WFC013 for each module, or folder that can't be imported, that defines something which isn't reached."""
    together: dict[str, list[Unreached]] = {}
    for found in unreached_definitions(program):
        why = program.project.unimportable.get(found.module.name)
        together.setdefault((why.folder if why is not None else "") or found.module.name, []).append(found)
    for group in together.values():
        first = min(group, key=lambda found: (found.module.source.relpath, found.node.lineno))
        yield _unreached(first, len(group) - 1, program.project)


def _is_test(module: Module) -> bool:
    folders, _, file = module.source.relpath.rpartition("/")
    return "tests" in folders.split("/") or file.startswith("test_") or file.endswith(_TEST_FILES)


def _unreached(found: Unreached, more: int, project: Project) -> Diagnostic:
    module, name = found.module, f"`{found.node.name}`" + (f" and {more} more" if more else "")
    span = module.source.name_span(found.node)
    why = project.unimportable.get(module.name)
    if why is not None:
        message = f"`{module.source.relpath}` can't be imported, and defines {name}"
        return Diagnostic("WFC013", message, span, label=why.reason, help=why.remedy)
    declared = [entry for entry in project.entrypoints if entry.span is not None]
    where = declared[0].span.path if declared and declared[0].span else "pyproject.toml"
    return Diagnostic(
        "WFC013",
        f"no entrypoint reaches `{module.name}`, which defines {name}",
        span,
        label="not part of the build",
        help=f"import `{module.name}` from a module that is reached, or add "
        f"`{module.source.relpath}` to the entrypoints in {where}",
    )


def _no_registry(entry: Entrypoint, label: str, registries: set[str]) -> Diagnostic:
    assert entry.span is not None
    shown = sorted(f"{name.rpartition('.')[0]}:{name.rpartition('.')[2]}" for name in registries)
    hint = (
        f"the project has {', '.join(f'`{name}`' for name in shown)}"
        if shown
        else ("make one with `wf = workflow.Workflows()` and decorate functions with `@wf.workflow`")
    )
    message = f"the entrypoint `{entry.text}` holds no registry"
    return Diagnostic("WFC017", message, entry.span, label=label, help=hint)


def _decorated_class(module: Module, placed: Placed, decorator: ast.expr) -> Diagnostic:
    shown = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return Diagnostic(
        "WFC004",
        f"`@{shown}` stands above the class `{placed.node.name}`",
        module.source.name_span(placed.node),
        label="a class is no function",
        help="decorate a function at module level",
    )
