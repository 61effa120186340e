"""Make the files of one route: the route module, the shadow tree, the source map.

In: a route's plan. Out: `RouteFiles`, paths relative to the route's directory and bytes. A module
that several routes keep the same part of is lowered once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from wfc.version import VERSION

from ..binder import Module
from ..discover import FunctionNode, Program
from ..lower import Lowered, ModuleLowering, Resolver, Surroundings
from ..slice import ModuleSlice, RoutePlan
from ..syntax import start_line
from .emitted import read_emitted
from .errors import TooDeepError
from .templates import ModuleImport, RouteView, render_package, render_route


@dataclass(frozen=True)
class RouteFiles:
    """A route as it will stand on disk. `modules` are the shadow modules by dotted name: path and text."""

    plan: RoutePlan
    files: Mapping[str, bytes]
    modules: Mapping[str, tuple[str, str]]

    @property
    def sha256(self) -> str:
        """Return the digest over the route's files, by which its package is named."""
        return digest(self.files)

    @property
    def imports(self) -> tuple[str, ...]:
        """Return the top-level modules from outside the project that the route imports, wfc not counted."""
        found = {name for path, text in self.modules.values() for name in read_emitted(text, path).imports}
        return tuple(sorted(found - {"wfc", "__future__"}))


def digest(files: Mapping[str, bytes]) -> str:
    """Return one digest for a set of files: paths in order, each with a NUL and its bytes."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.encode() + b"\0" + files[path])
    return total.hexdigest()


@dataclass
class TreeBuilder:
    """Makes route after route of one program; parses and lowers each module as rarely as possible."""

    program: Program
    _modules: dict[str, ModuleLowering] = field(default_factory=dict)

    def build(self, plan: RoutePlan) -> RouteFiles:
        """Return the files of one route."""
        modules: dict[str, tuple[str, str]] = {}
        source_map: dict[str, object] = {}
        for name, part in plan.slices.items():
            module = self.program.modules[name]
            lowered = self._lower(module, part, flow=plan.kind == "flow")
            path = shadow_path(module)
            modules[name] = (path, lowered.text)
            if lowered.lines:
                source_map[path] = {"source": module.source.relpath, "lines": [list(pair) for pair in lowered.lines]}
        view = self._view(plan)
        files = {
            "__init__.py": render_package(view).encode(),
            "route.py": render_route(view).encode(),
            "source_map.json": _json(source_map),
            **{path: text.encode() for path, text in modules.values()},
        }
        for folder in _folders(list(files)):
            files.setdefault(f"{folder}/__init__.py", b"")  # a namespace package in the source
        for path in plan.data_files:
            files.setdefault(self._data_path(path), (self.program.project.root / path).read_bytes())
        return RouteFiles(plan, files, modules)

    def _lower(self, module: Module, part: ModuleSlice, *, flow: bool) -> Lowered:
        if not part.kept:
            return Lowered("", ())
        if module.name not in self._modules:
            package = tuple(filter(None, module.source.package.split(".")))
            around = Surroundings(package, self.program.names.is_first_party, self._binds)
            self._modules[module.name] = ModuleLowering(module, Resolver(module, self.program.names), around)
        try:
            return self._modules[module.name].lower(part, flow=flow)
        except RecursionError as error:
            raise TooDeepError(module.source.relpath) from error

    def _binds(self, package: str, name: str) -> bool:
        module = self.program.modules.get(package)
        return module is not None and (name in module.bindings or bool(module.stars))

    def _view(self, plan: RoutePlan) -> RouteView:
        module = self.program.modules[plan.module]
        node = definition_node(self.program, plan)
        return RouteView(
            kind=plan.kind,
            id=plan.id,
            name=plan.name,
            module=plan.module,
            source=module.source.relpath,
            line=start_line(node),
            version=VERSION,
            first_imports=_module_imports(plan.first),
            also_imports=_module_imports(plan.also),
        )

    def _data_path(self, path: str) -> str:
        """Return where a data file goes: beside the shadow modules, so relative to its source root."""
        full = self.program.project.root / path
        roots = [root for root in self.program.project.source_roots if full.is_relative_to(root)]
        # The innermost root: `src/` may lie inside the project's own folder.
        inner = max(roots, key=lambda root: len(root.parts), default=self.program.project.root)
        return full.relative_to(inner).as_posix()


def _module_imports(modules: tuple[str, ...]) -> tuple[ModuleImport, ...]:
    return tuple(ModuleImport(name.rpartition(".")[0], name.rpartition(".")[2]) for name in modules)


def definition_node(program: Program, plan: RoutePlan) -> FunctionNode:
    """Return the function behind a route."""
    dotted = f"{plan.module}.{plan.name}"
    return program.step_by_name[dotted].node if plan.kind == "step" else program.workflow_by_name[dotted].node


def shadow_path(module: Module) -> str:
    """Return where a module stands in a route: the user's dotted layout."""
    path = module.name.replace(".", "/")
    return f"{path}/__init__.py" if module.source.is_package else f"{path}.py"


def _folders(paths: list[str]) -> Iterator[str]:
    folders = {"/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 1)}
    yield from sorted(folders)


def _json(value: object) -> bytes:
    """Serialise with sorted keys, a line per entry; line pairs are kept short."""
    assert isinstance(value, dict)
    entries = [
        f"  {json.dumps(path, ensure_ascii=False)}: {json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}"
        for path, entry in sorted(value.items())
    ]
    return ("{\n" + ",\n".join(entries) + "\n}\n").encode()
