"""Check what was emitted: it compiles, and no name got lost on the way.

A global name that the user's module binds, that the emitted one uses and doesn't bind, is a bug of
the slicer. It is found here, at build time, and never by the user in production. `emitted` reads the text.
"""

from __future__ import annotations

import ast
import builtins

from ..binder import Module
from ..discover import Program
from ..slice.uses import is_type_checking
from .emitted import Emitted, read_emitted
from .errors import MiscompiledError
from .tree import RouteFiles


def check_route(program: Program, route: RouteFiles) -> None:
    """Raise MiscompiledError when a module of a route doesn't compile or lacks a name."""
    bound = {name: read_emitted(text, path) for name, (path, text) in route.modules.items()}
    for name, emitted in bound.items():
        original = program.modules[name]
        lost = sorted(emitted.used - emitted.bound) if not emitted.has_star else []
        for missing in lost:
            if missing in _needed(original) and not hasattr(builtins, missing):
                raise MiscompiledError(
                    f"{route.plan.directory}/{emitted.path} uses `{missing}`, which {original.source.relpath} "
                    "binds and the route does not"
                )
        for target, missing in emitted.imported(original):
            if target in bound and not _supplies(program, bound, target, missing):
                raise MiscompiledError(
                    f"{route.plan.directory}/{emitted.path} imports `{missing}` from `{target}`, whose slice lacks it"
                )
            if target not in bound and target in program.modules:
                raise MiscompiledError(
                    f"{route.plan.directory}/{emitted.path} imports from `{target}`, which the route lacks"
                )


def _supplies(program: Program, bound: dict[str, Emitted], target: str, name: str) -> bool:
    emitted = bound[target]
    if name in emitted.bound or f"{target}.{name}" in bound or emitted.has_star or "__getattr__" in emitted.bound:
        return True
    # Not there in the source either: the user's mistake, which rules report, or set from outside.
    return name not in program.modules[target].bindings or name.startswith("__")


def _needed(module: Module) -> set[str]:
    """Return the names that a module binds when it runs: not those for type checkers only."""
    unseen = {
        index for index, node in enumerate(module.tree.body) if isinstance(node, ast.If) and is_type_checking(node.test)
    }
    return {
        name
        for name, bindings in module.bindings.items()
        if not all(binding.statement in unseen for binding in bindings)
    }
