"""Names of classes on the wire, and the way back from a name to a class.

A class is written as `"app.models:Draft"`: the user's module, whatever name the module was loaded under (the modules
of a route are really called `_r_<slug>_<hash>.app.models`). Comes in: a class or such a name. Goes out: the other of
the two. Nothing is ever imported because data names it: only modules that are loaded already are looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import Protocol


class ClassNames(Protocol):
    """Maps a class to the name that is recorded for it."""

    def name_of(self, cls: type) -> str:
        """Return `"module:qualname"` with the module's original name."""
        ...


class TypeResolver(Protocol):
    """Finds the class that a recorded name means in one route or process."""

    def find(self, class_name: str) -> type | None:
        """Return the class, or None where this route doesn't have it; never import anything."""
        ...


class ModuleNames:
    """Class names with the package of a route cut off: `_r_x_1f.app.models` becomes `app.models`."""

    def __init__(self, package: str = "") -> None:
        self._prefix = f"{package}." if package else ""

    def name_of(self, cls: type) -> str:
        """Return the name as the user's source spells it."""
        return f"{cls.__module__.removeprefix(self._prefix)}:{cls.__qualname__}"


class LoadedClasses:
    """Finds classes in the modules that are loaded: in the route's package first, then outside of it.

    `first_party` holds the top-level names of the project. They are looked up in the route only: a host process may
    have the user's real `app` loaded as well, and its classes are not the route's.
    """

    def __init__(self, package: str = "", first_party: Collection[str] = ()) -> None:
        self._package = package
        self._first_party = frozenset(first_party)

    def find(self, class_name: str) -> type | None:
        """Return the class if its module is loaded and holds it under that very name."""
        module_name, _, qualname = class_name.partition(":")
        if not qualname or not module_name:
            return None
        found: object = None
        if self._package:
            found = _lookup(f"{self._package}.{module_name}", qualname)
        if found is None and (not self._package or module_name.partition(".")[0] not in self._first_party):
            found = _lookup(module_name, qualname)
        return found if isinstance(found, type) else None


def _lookup(module_name: str, qualname: str) -> object:
    """Follow the attributes through namespaces alone, so that no user code (`__getattr__`) runs."""
    module = sys.modules.get(module_name)
    if module is None:
        return None
    found: object = module
    for part in qualname.split("."):
        namespace = getattr(found, "__dict__", None)
        if not isinstance(found, type) and found is not module:
            return None
        found = namespace.get(part) if namespace is not None else None
    return found
