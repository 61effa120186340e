"""A directory in, a `Project` out: source roots, entrypoints, the modules they reach by import.

    load_project(Path("shop"))  ->  Project(files={"app.flows": ..., "app.steps": ...}, ...)

Every file is read and parsed at most once. Files that no entrypoint reaches are only parsed when
their bytes mention a workflow API.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from ..diagnostics import Diagnostic, Severity, Span, severity_of
from ..syntax import parse_source
from .config import DeclaredEntrypoint, Settings, is_usable, read_settings, topics_diagnostic
from .imports import imported_modules
from .modules import Scan, find_source_roots, is_excluded, module_name, scan_modules
from .reading import NO_BUFFERS, Buffers, read_regular
from .values import Config, Entrypoint, Project, SourceFile

_ROOT_MARKERS = ("pyproject.toml", "vercel.json", ".git")
_DEFINES = re.compile(rb"@[^\n#]*\.\s*(?:step|workflow)\b|\bWorkflows\b|\bBaseHook\b")
# `step = wf.step` and `retrying = wf.step(max_retries=9)`: decorators under another name, in whatever file.
_NAMED_DECORATOR = re.compile(rb"^[ \t]*(\w+)[^=\n]*=[^=\n][^\n]*\.(?:step|workflow)\b", re.MULTILINE)
_MENTIONS = re.compile(rb"\bwfc\b|\bvercel\b")


@dataclass(frozen=True)
class LoadedProject:
    """The project, what went wrong while reading it, and the text of its files for code frames.

    `config_errors` says that some finding is about the configuration (exit code 2).
    """

    project: Project
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    config_errors: bool


def find_root(start: Path) -> Path:
    """Return the nearest directory upwards that has a pyproject.toml, vercel.json or .git."""
    start = start.resolve()
    for directory in (start, *start.parents):
        if any((directory / marker).exists() for marker in _ROOT_MARKERS):
            return directory
    return start


def load_project(root: Path, buffers: Buffers = NO_BUFFERS) -> LoadedProject:
    """Read a project, `buffers` in place of files; raises NotADirectoryError when there is no such directory."""
    if not root.is_dir():
        raise NotADirectoryError(str(root))
    root = root.resolve()
    settings = read_settings(root)
    roots = find_source_roots(root, settings.config)
    scan = scan_modules(root, roots, settings.config, buffers)
    loader = _Loader(root, settings.config, scan, buffers)
    loader.report_unreadable()
    entrypoints = loader.find_entrypoints(settings, roots)
    loader.load_reachable([entry.module for entry in entrypoints])
    unreached = loader.find_unreached()
    project = Project(
        root=root,
        config=settings.config,
        source_roots=roots,
        entrypoints=entrypoints,
        files=loader.files,
        trees=loader.trees,
        unreached={name: loader.sources[name] for name in unreached},
        unreached_trees={name: loader.parsed[name] for name in unreached},
        modules=loader.modules,
        extensions=loader.scan.extensions,
        contents={str(loader.paths[name]): data for name, data in loader.data.items()},
        unimportable={name: why for name, (_, why) in loader.scan.unimportable.items()},
    )
    errors = any(item.code == "WFC020" and severity_of(item) is Severity.ERROR for item in settings.diagnostics)
    texts = dict(settings.sources) | {file.relpath: file.text for file in loader.sources.values()}
    return LoadedProject(project, (*settings.diagnostics, *loader.diagnostics), texts | loader.broken, errors)


class _Loader:
    """Reads and parses files on demand; `files` grows while reachable modules are found."""

    def __init__(self, root: Path, config: Config, scan: Scan, buffers: Buffers) -> None:
        self.root = root
        self.config = config
        self.scan = scan
        self.buffers = buffers
        self.modules = scan.modules
        self.paths = {name: path for name, (path, _) in scan.unimportable.items()} | dict(scan.modules)
        self.data: dict[str, bytes] = {}
        self.sources: dict[str, SourceFile] = {}
        self.parsed: dict[str, ast.Module] = {}
        self.files: dict[str, SourceFile] = {}
        self.trees: dict[str, ast.Module] = {}
        self.broken: dict[str, str] = {}
        self.diagnostics: list[Diagnostic] = []

    # --- files

    def report_unreadable(self) -> None:
        """Report folders that may be packages; only a warning, since a database's data may be locked away."""
        for folder, error in sorted(self.scan.unreadable.items()):
            path = folder.relative_to(self.root).as_posix()
            if not is_excluded(path, self.config):
                self.diagnostics.append(
                    Diagnostic(
                        "WFC014",
                        f"the folder can't be read: {error.strerror}",
                        Span(path, 1, 1, 1, 1),
                        help="make the folder readable, or name it under `exclude` in `[tool.wfc]`",
                        severity=Severity.WARNING,
                    )
                )

    def read(self, module: str) -> bytes:
        if module not in self.data:
            file = self.paths[module]
            try:
                self.data[module] = self.buffers[file] if file in self.buffers else read_regular(file)
            except OSError as error:
                self.data[module] = b""
                path = self.relpath(module)
                self.diagnostics.append(
                    Diagnostic(
                        "WFC014",
                        f"the file can't be read: {error.strerror}",
                        Span(path, 1, 1, 1, 1),
                        help="make the file readable, or exclude it in `[tool.wfc]`",
                    )
                )
        return self.data[module]

    def relpath(self, module: str) -> str:
        return self.paths[module].relative_to(self.root).as_posix()

    def parse(self, module: str) -> ast.Module | None:
        """Return the tree of a module; None (and one WFC014) when it can't be parsed."""
        if module in self.parsed:
            return self.parsed[module]
        path, data = self.relpath(module), self.read(module)
        if path in self.broken:
            return None
        result = parse_source(data, path)
        if isinstance(result, Diagnostic):
            self.broken[path] = data.decode("utf-8", "replace")
            self.diagnostics.append(result)
            return None
        text, tree = result
        file = self.paths[module]
        package = file.name == "__init__.py"
        self.sources[module] = SourceFile(file, path, module, package, data, text)
        self.parsed[module] = tree
        return tree

    def defines(self, module: str) -> bool:
        """Say whether the bytes of a module look as if it defined a registry, step, workflow or hook."""
        data = self.read(module).replace(b"\0", b"")  # of a file in UTF-16 the parser has to say what is wrong
        named = self.named_decorators
        return _DEFINES.search(data) is not None or (named is not None and named.search(data) is not None)

    @cached_property
    def named_decorators(self) -> re.Pattern[bytes] | None:
        """Return what finds `@step` where some module says `step = wf.step`, under whatever names it is imported."""
        names: set[bytes] = set()
        for module in self.modules:
            data = self.read(module)
            if b".step" in data or b".workflow" in data:
                names.update(_NAMED_DECORATOR.findall(data))
        known = 0
        while len(names) > known:
            known = len(names)
            either = b"|".join(sorted(names))
            imported = re.compile(rb"\b(?:%b)\s+as\s+(\w+)" % either)
            assigned = re.compile(rb"^[ \t]*(\w+)(?:\s*:[^=\n]*)?\s*=\s*(?:[\w.]*\.)?(?:%b)\b" % either, re.MULTILINE)
            for data in map(self.read, self.modules if names else ()):
                names.update(imported.findall(data), assigned.findall(data))
        return re.compile(rb"@[^\n#]*\b(?:%b)\b" % b"|".join(sorted(names))) if names else None

    # --- what is in

    def load_reachable(self, start: list[str]) -> None:
        """Load the closure of imports, packages on the way included."""
        waiting = list(reversed(start))
        while waiting:
            module = waiting.pop()
            parent = module.rpartition(".")[0]
            if parent and parent not in self.files:
                waiting.append(parent)
            if module in self.files or module not in self.modules:
                continue
            tree = self.parse(module)
            if tree is None:
                continue
            self.files[module] = self.sources[module]
            self.trees[module] = tree
            found = imported_modules(self.sources[module], tree, self.modules)
            waiting.extend(name for name in found if name not in self.files)

    def find_unreached(self) -> list[str]:
        """Return the modules outside the closure that define something, or seem to."""
        found = []
        for module in self.paths:
            path = self.relpath(module)
            if module in self.files or path in self.broken or is_excluded(path, self.config):
                continue
            data = self.read(module)
            defines = self.defines(module)
            if not defines and (module not in self.modules or not _MENTIONS.search(data)):
                continue
            known = len(self.diagnostics)
            if self.parse(module) is not None and defines:
                found.append(module)
            elif module not in self.modules:
                del self.diagnostics[known:]  # a template of a Python file, perhaps: nobody imports it
        return found

    # --- entrypoints

    def find_entrypoints(self, settings: Settings, roots: tuple[Path, ...]) -> tuple[Entrypoint, ...]:
        if not settings.entrypoints:
            return tuple(
                Entrypoint(self.relpath(module), module, None, None)
                for module in self.modules
                if not is_excluded(self.relpath(module), self.config) and self.defines(module)
            )
        found = []
        for declared in settings.entrypoints:
            entry = self.resolve_entrypoint(declared, roots)
            if isinstance(entry, Diagnostic):
                self.diagnostics.append(entry)
                continue
            found.append(entry)
            if not declared.covers_workflow_topics() and self.mentions_workflows(entry.module):
                self.diagnostics.append(topics_diagnostic(declared))
        return tuple(found)

    def mentions_workflows(self, module: str) -> bool:
        return self.defines(module) or bool(_MENTIONS.search(self.read(module)))

    def resolve_entrypoint(self, declared: DeclaredEntrypoint, roots: tuple[Path, ...]) -> Entrypoint | Diagnostic:
        """Read `module`, `module:attr`, `path.py` or `path.py:attr`."""
        target, _, attribute = declared.text.partition(":")
        if not is_usable(target):
            return self.missing(declared, "it holds a null byte, or is too long", "")
        if not target.endswith(".py"):
            if target in self.modules:
                return Entrypoint(declared.text, target, attribute or None, declared.span)
            return self.missing(declared, f"there is no module `{target}`", target)
        path = Path(self.root, target).resolve()
        module = module_name(path, roots)
        if module is not None and self.modules.get(module) == path:
            return Entrypoint(declared.text, module, attribute or None, declared.span)
        if not path.is_file():
            return self.missing(declared, f"there is no file `{target}`", target)
        shown = ", ".join(f"`{root.relative_to(self.root).as_posix()}`" for root in roots if root != self.root)
        return Diagnostic(
            "WFC017",
            f"`{target}` is not a module under a source root",
            declared.span,
            label="can't be imported by a dotted name",
            help=f"give it an importable name below {shown or 'the project root'}, or set `src` in `[tool.wfc]`",
        )

    def missing(self, declared: DeclaredEntrypoint, message: str, target: str) -> Diagnostic:
        known = [self.relpath(name) if target.endswith(".py") else name for name in self.modules]
        close = get_close_matches(target, known, 1)
        hint = f"did you mean `{close[0]}`?" if close else "correct the entrypoint, or remove it"
        return Diagnostic(
            "WFC017",
            f"the entrypoint `{declared.text}` doesn't exist: {message}",
            declared.span,
            label=message,
            help=hint,
        )
