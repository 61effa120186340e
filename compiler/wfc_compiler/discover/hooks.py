"""Find hook classes: those with `BaseHook` among their bases, near or far (WFC318).

In: bound modules. Out: `HookDef`s, and findings about classes that no payload could be checked against.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..binder import Module, Names
from ..binder.sdk import HOOK_BASE
from ..diagnostics import Diagnostic
from .definitions import placement_problem
from .registrations import placed_definitions
from .values import HookDef

_MODELS = frozenset({"pydantic.BaseModel", "pydantic.RootModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel"})
_DATACLASSES = frozenset({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})


@dataclass
class _Traits:
    """What the bases of a class say; `opaque` when some base is not known from the source."""

    hook: bool = False
    model: bool = False
    opaque: bool = False
    seen: set[str] = field(default_factory=set)


def find_hooks(modules: Mapping[str, Module], names: Names) -> tuple[list[HookDef], list[Diagnostic]]:
    """Return the hook classes, and findings about those that can't be hooks."""
    hooks: list[HookDef] = []
    unshaped: dict[str, Diagnostic] = {}
    diagnostics: list[Diagnostic] = []
    parents: set[str] = set()
    hook_files = any(b"BaseHook" in module.source.data for module in modules.values())
    for module in modules.values() if hook_files else ():
        if b"class" not in module.source.data:
            continue
        for placed in placed_definitions(module.tree):
            node = placed.node
            if not isinstance(node, ast.ClassDef) or not node.bases:
                continue
            bases = [names.canonical(module, _plain(base)) for base in node.bases]
            parents.update(base for base in bases if base)
            traits = _Traits()
            _collect(names, module, node, traits)
            if not traits.hook:
                continue
            problem = placement_problem(placed, module, "a hook")
            if problem is not None:
                diagnostics.append(problem)
                continue
            hook = HookDef(module.name, node.name, node)
            hooks.append(hook)
            if not traits.model and not traits.opaque:
                unshaped[hook.dotted] = _shapeless(module, node)
    # A base class that only passes `BaseHook` on may leave the model to its subclasses.
    diagnostics += [finding for name, finding in unshaped.items() if name not in parents]
    return [hook for hook in hooks if hook.dotted not in parents or hook.dotted not in unshaped], (diagnostics)


def _collect(names: Names, module: Module, node: ast.ClassDef, traits: _Traits) -> None:
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        dotted = names.canonical(module, target)
        traits.model |= dotted in _DATACLASSES
        traits.opaque |= dotted is not None and dotted.startswith(("attr.", "attrs."))
    for base in node.bases:
        dotted = names.canonical(module, _plain(base))
        if dotted is None:
            traits.opaque = True
        elif dotted == HOOK_BASE:
            traits.hook = True
        elif dotted in _MODELS:
            traits.model = True
        elif dotted not in traits.seen:
            traits.seen.add(dotted)
            definition = names.definition(dotted)
            if definition is not None and isinstance(definition.node, ast.ClassDef):
                _collect(names, definition.module, definition.node, traits)
            else:
                traits.opaque |= not dotted.startswith(("builtins.", "abc.", "typing."))


def _plain(base: ast.expr) -> ast.expr:
    return base.value if isinstance(base, ast.Subscript) else base


def _shapeless(module: Module, node: ast.ClassDef) -> Diagnostic:
    return Diagnostic(
        "WFC318",
        f"hook `{node.name}` is neither a pydantic model nor a dataclass",
        module.source.name_span(node),
        label="its payload could not be checked when it arrives",
        help=f"write `class {node.name}(pydantic.BaseModel, workflow.BaseHook)`, or put "
        "`@dataclasses.dataclass` above it",
    )
