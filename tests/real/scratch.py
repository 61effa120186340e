"""A subject as a project of its own: its modules as first-party code, a step for each chosen function.

    src/textwrap.py                    copied
    src/wfc_targets/t0003.py           from textwrap import wrap as target
                                       @wf.step
                                       def t0003(): return target

A step hands the function out, so that what the route holds is what the function needs, and the probe can call it.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wfc_compiler.diagnostics import Severity, severity_of
from wfc_compiler.discover import Program
from wfc_compiler.pipeline import compile_project
from wfc_compiler.planning import check_and_plan
from wfc_compiler.project.imports import imported_modules
from wfc_compiler.slice import RoutePlan
from wfc_compiler.slice.imports import with_parents

from .packages import Subject, copy_sources

TARGETS = "wfc_targets"
REGISTRY = "import wfc\n\nwf = wfc.Workflows()\n"
STEP = """\
from {module} import {name} as target
from {targets}.registry import wf


@wf.step
def {step}():
    return target
"""


@dataclass(frozen=True)
class Target:
    """A function or class of a subject."""

    module: str
    name: str
    is_class: bool


@dataclass(frozen=True)
class Size:
    """How much code: modules that have some, top-level statements, bytes."""

    modules: int
    statements: int
    bytes: int


@dataclass(frozen=True)
class Cut:
    """One route of a subject: what it is for, where it lies, how large it is, and what stayed whole."""

    subject: str
    target: Target
    directory: Path
    root: Path
    size: Size
    closure: Size
    whole: Mapping[str, str]


def build(subject: Subject, library: Path, root: Path) -> list[Cut]:
    """Make the project of a subject, compile it, and return its routes."""
    source = root / "src"
    source.mkdir(parents=True)
    copy_sources(subject, library, source)
    targets = choose_targets(subject, source)
    (root / "pyproject.toml").write_text(
        '[tool.wfc]\nsrc = ["src"]\nignore = ["WFC401", "WFC402", "WFC504"]\n', encoding="utf-8"
    )
    (source / TARGETS).mkdir()
    (source / TARGETS / "registry.py").write_text(REGISTRY, encoding="utf-8")
    (source / TARGETS / "__init__.py").touch()
    for step, target in targets.items():
        text = STEP.format(module=target.module, name=target.name, targets=TARGETS, step=step)
        (source / TARGETS / f"{step}.py").write_text(text, encoding="utf-8")
    result = compile_project(root)
    if result.build is None:
        problems = [str(finding) for finding in result.diagnostics if severity_of(finding) is Severity.ERROR]
        raise AssertionError(f"{subject.name} does not compile: {problems[:5]}")
    checked, plan = check_and_plan(root)
    closures = _Closures(checked.program)
    directory = result.build.path
    return [
        Cut(
            subject.name,
            targets[route.name],
            directory / route.directory,
            root,
            _size_of_route(directory / route.directory, route),
            closures.size(targets[route.name].module),
            {name: part.whole for name, part in route.slices.items() if part.whole is not None},
        )
        for route in plan.routes
    ]


def choose_targets(subject: Subject, source: Path) -> dict[str, Target]:
    """Choose a subject's functions, the same ones each time; functions before classes, spread over its modules."""
    chance = random.Random(subject.name)
    found = [target for path in sorted(source.rglob("*.py")) for target in _definitions(path, source)]
    chance.shuffle(found)
    per_module: dict[str, int] = {}
    ranked: list[tuple[int, int, Target]] = []
    for place, target in enumerate(found):
        turn = per_module[target.module] = per_module.get(target.module, 0) + 1
        ranked.append((turn + 2 * target.is_class, place, target))
    chosen = sorted(ranked, key=lambda entry: entry[:2])[: subject.functions]
    return {f"t{number:04}": target for number, (_, _, target) in enumerate(chosen)}


def _definitions(path: Path, source: Path) -> Iterator[Target]:
    dotted = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
    if dotted.endswith("__main__") or "vendor" in dotted or "conftest" in dotted:
        return
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield Target(dotted, node.name, isinstance(node, ast.ClassDef))


class _Closures:
    """What a tool that doesn't slice would ship: every module that a module imports, and they, whole."""

    def __init__(self, program: Program) -> None:
        self._modules = program.modules
        self._imports = {
            name: {*with_parents(name), *imported_modules(module.source, module.tree, program.modules)}
            for name, module in program.modules.items()
        }

    def size(self, module: str) -> Size:
        found: set[str] = set()
        pending = [module]
        while pending:
            name = pending.pop()
            if name not in found and name in self._modules:
                found.add(name)
                pending += self._imports[name]
        modules = [self._modules[name] for name in found]
        statements = sum(len(module.tree.body) for module in modules)
        return Size(len(modules), statements, sum(len(module.source.data) for module in modules))


def _size_of_route(directory: Path, route: RoutePlan) -> Size:
    parts = [part for name, part in route.slices.items() if part.kept and not name.startswith(TARGETS)]
    own = {directory / "route.py", directory / "__init__.py"}
    files = [path for path in directory.rglob("*.py") if TARGETS not in path.parts and path not in own]
    return Size(len(parts), sum(len(part.kept) for part in parts), sum(path.stat().st_size for path in files))
