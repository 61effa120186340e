"""Importing this module makes `vercel.workflow` resolve to wfc, for host code that is written for the official SDK.

Comes in: nothing. Goes out: two finders on `sys.meta_path`. `from vercel import workflow`, `import vercel.workflow as
w` and `from vercel.workflow import sleep` then give wfc's own objects: `vercel.workflow is wfc`.

wfc ships no file into the `vercel` namespace. The finder for `vercel` and `vercel.workflow` stands behind all others,
so an installed package always wins: a real `vercel` without `workflow` keeps working and only gains that name. Where
the official SDK is installed, importing this module raises `InstalledSdkError`; importing it again does nothing.

Compiled routes don't need it: the compiler has rewritten their imports.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from types import ModuleType

from . import InstalledSdkError

_NAMESPACE = "vercel"
_ALIAS = "vercel.workflow"
_TARGET = __name__.partition(".")[0]


class _AliasLoader(Loader):
    """Puts an existing module of wfc into `sys.modules` under the alias, instead of a second copy of it."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # The import system hands out what stands in sys.modules after this. Returning the module from create_module
        # instead would overwrite its __spec__.
        name = module.__name__
        sys.modules[name] = importlib.import_module(_TARGET + name.removeprefix(_ALIAS))


class _NamespaceLoader(Loader):
    """Makes the empty parent package `vercel`, where no real one exists."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__doc__ = "Stands in for the `vercel` package: holds `vercel.workflow`, which is wfc."


class AliasFinder(MetaPathFinder):
    """Last on the path: finds `vercel` and `vercel.workflow` where nobody else did."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the alias or of its parent."""
        if fullname == _NAMESPACE:
            return ModuleSpec(fullname, _NamespaceLoader(), is_package=True)
        if fullname == _ALIAS:
            return ModuleSpec(fullname, _AliasLoader(), is_package=True)
        return None


class SubmoduleFinder(MetaPathFinder):
    """First on the path: finds `vercel.workflow.errors` as `wfc.errors`.

    The ordinary finder would look into the folder of wfc and load a second copy of the module.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of an aliased submodule, while `vercel.workflow` is wfc."""
        if not fullname.startswith(f"{_ALIAS}.") or sys.modules.get(_ALIAS) is not sys.modules.get(_TARGET):
            return None
        if find_spec(_TARGET + fullname.removeprefix(_ALIAS)) is None:
            return None
        return ModuleSpec(fullname, _AliasLoader())


def install() -> None:
    """Make `vercel.workflow` resolve to wfc; `InstalledSdkError` where the official SDK is there. Idempotent."""
    loaded = sys.modules.get(_ALIAS)
    if loaded is not None and loaded is sys.modules.get(_TARGET):
        return
    found = _installed_sdk()
    if found is not None:
        raise InstalledSdkError(found)
    if not any(type(finder) is AliasFinder for finder in sys.meta_path):
        sys.meta_path.insert(0, SubmoduleFinder())
        sys.meta_path.append(AliasFinder())


def _installed_sdk() -> str | None:
    """Say what provides a `vercel.workflow` of its own, without importing any of it."""
    parent = _found_by_others(_NAMESPACE, None)
    locations = parent.submodule_search_locations if parent is not None else None
    real = _found_by_others(_ALIAS, locations) if locations else None
    if real is None and _ALIAS not in sys.modules:
        return None
    for distribution in ("vercel-workflow", "vercel"):
        try:
            return f"{distribution} {version(distribution)}"
        except PackageNotFoundError:
            continue
    return (real.origin if real is not None else None) or "another package"


def _found_by_others(fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Ask every other finder (those of editable installs too); none of them imports the parent for that."""
    for finder in sys.meta_path:
        if not isinstance(finder, AliasFinder | SubmoduleFinder) and hasattr(finder, "find_spec"):
            spec = finder.find_spec(fullname, path)
            if spec is not None:
                return spec
    return None


install()
