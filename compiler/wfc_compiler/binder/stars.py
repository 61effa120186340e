"""What the star imports of a module may give a name, and what is known of modules outside the project.

    from math import *          may bring any name but `_x`; of the builtins `pow` alone
    from app.prices import *    brings what `exports` reads, or at most what the module binds

In: a module and a name. Out: canonical names, each of which it may be. Of a library nothing is read, so a name that
only one such star import can bring is that library's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from .exports import Exports
from .sdk import PUBLIC, as_sdk
from .uses import BUILTINS
from .values import Binding, BindingKind, Module, StarImport

Resolve = Callable[[Module, str], str]

# The builtins that star imports of the standard library put something else in the place of, 3.11 to 3.13.
_HIDDEN_BY = {
    "Ellipsis": "ast",
    "TimeoutError": "asyncio asyncio.exceptions concurrent.futures multiprocessing",
    "Warning": "sqlite3 sqlite3.dbapi2",
    "__import__": "importlib",
    "abs": "operator",
    "ascii": "curses.ascii",
    "compile": "py_compile re re._compiler sre_compile",
    "copyright": "sys",
    "enumerate": "threading",
    "exit": "sys",
    "filter": "curses fnmatch",
    "format": "locale",
    "help": "pdb pydoc",
    "input": "fileinput",
    "max": "audioop",
    "open": "aifc bz2 codecs dbm dbm.dumb dbm.sqlite3 gzip lzma os ossaudiodev posix shelve sunau tarfile tokenize "
    "wave webbrowser",
    "pow": "math operator",
    "property": "enum",
    "repr": "reprlib",
    "slice": "ast",
    "str": "locale",
}
# No library is known to export something of these names that does anything else.
_NEVER_HIDDEN = frozenset({"__import__", "breakpoint", "exec", "input", "open"})


class Stars:
    """The star imports of a project; `resolve` says what an attribute of a module is."""

    def __init__(self, modules: Mapping[str, Module], exports: Exports, resolve: Resolve) -> None:
        self._modules = modules
        self._exports = exports
        self._resolve = resolve

    def names(self, dotted: str) -> frozenset[str]:
        """Return the names that a star import of a module of the project is known to bring."""
        source = self._modules.get(dotted)
        return (self._exports.of(source) if source is not None else None) or frozenset()

    def is_open(self, module: Module) -> bool:
        """Say whether a star import could bring any name: one from outside, or of names that run time makes."""
        return self.brought(module) is None

    def brought(self, module: Module) -> frozenset[str] | None:
        """Return the names that the star imports of a module may bring, None for any."""
        found: frozenset[str] = frozenset()
        for names, more in map(self._bring, module.stars):
            if more:
                return None
            found |= names
        return found

    def made_at_run_time(self, module: Module) -> StarImport | None:
        """Return the last star import of a module of the project that may bring names which no source has."""
        first_party = (star for star in reversed(module.stars) if star.module in self._modules)
        return next((star for star in first_party if self._bring(star)[1]), None)

    def supplied(self, module: Module, name: str, before: int | None) -> tuple[list[str], bool]:
        """Return what a name may be by the star imports of a module, and whether it surely is one of these.

        `before` is a line of the module, where code that runs at import stands: later imports don't count there.
        Nothing, and that surely, where a star import may bring anything.
        """
        found: list[str] = []
        outside: list[str] = []
        for star in reversed(module.stars):
            if before is not None and star.node.lineno > before:
                continue
            source = self._modules.get(star.module)
            if source is None:
                if may_export(star.module, name):
                    outside.append(star.module)
                continue
            names, more = self._bring(star)
            if name in names:
                found.append(self._resolve(source, name))
                known = self._exports.of(source) is not None
                if known and not outside and star.certain and self._surely_exports(source, name, frozenset()):
                    return found, True
            elif more:
                return [], True
        if not outside:
            return found, False
        alone = len(set(outside)) == 1 and not found and name not in BUILTINS
        return [as_sdk(f"{outside[0]}.{name}")] if alone else [], True

    def may_differ(self, module: Module, name: str, bindings: Sequence[Binding], found: str, is_own: bool) -> bool:
        """Say whether a star import may supply something else than the bindings, which give `found`.

        A library that exports the name of something which the project has defined (`is_own`), or of the SDK, is not
        to be reckoned with.
        """
        for star in module.stars:
            later = star.statement > bindings[-1].statement
            source = self._modules.get(star.module)
            if source is None:
                if later and not is_own and may_export(star.module, name):
                    return True
                continue
            names, more = self._bring(star)
            if name in names:
                counts = later or self._exports.of(source) is not None
                differs = counts and self._resolve(source, name) != found
            else:
                differs = later and more and not _is_sdk(found)
            if differs:
                return True
        return False

    def _bring(self, star: StarImport) -> tuple[frozenset[str], bool]:
        """Return the names that a star import may bring, and whether it may bring any other."""
        source = self._modules.get(star.module)
        if source is None:
            return (PUBLIC, False) if as_sdk(star.module) == "wfc" else (frozenset(), True)
        known = self._exports.of(source)
        return (known, False) if known is not None else self._exports.bound(source)

    def _surely_exports(self, module: Module, name: str, seen: frozenset[str]) -> bool:
        bindings = module.bindings.get(name, ())
        if bindings:
            deleted = any(binding.kind is BindingKind.DELETE for binding in bindings)
            return not deleted and any(binding.certain for binding in bindings)
        sources = [star.module for star in module.stars if star.certain and name in self.names(star.module)]
        return module.name not in seen and any(
            self._surely_exports(self._modules[source], name, seen | {module.name}) for source in sources
        )


def _is_sdk(dotted: str) -> bool:
    return dotted.partition(".")[0] == "wfc"


def may_export(library: str, name: str) -> bool:
    """Say whether a star import of a module outside the project may bring a name."""
    if as_sdk(library) == "wfc":
        return name in PUBLIC
    if name not in BUILTINS:
        return not name.startswith("_")
    if library.partition(".")[0] in sys.stdlib_module_names:
        return library in _HIDDEN_BY.get(name, "").split()
    return name not in _NEVER_HIDDEN
