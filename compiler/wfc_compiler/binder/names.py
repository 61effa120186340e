"""Follow names across modules: imports, re-exports, aliases, star imports, the SDK's spellings.

`from vercel import workflow` and `import wfc` name the same objects: canonical `wfc.X`. A name that
cannot be followed for sure has no canonical name (None) or that of the variable itself, never a
guessed one.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .exports import exported_names
from .uses import BUILTINS
from .values import Binding, BindingKind, Module, ScopeKind

_IMPORTS = (BindingKind.IMPORT, BindingKind.FROM_IMPORT)
_SDK_SPELLINGS = ("vercel.workflow", "vercel_workflow")


@dataclass(frozen=True)
class Definition:
    """Where a dotted name is defined: `module`, `name` there, and all bindings of it in order.

    `rest` holds the attributes behind the definition (`("step",)` for `app.workflow.wf.step`).
    """

    module: Module
    name: str
    bindings: Sequence[Binding]
    rest: tuple[str, ...] = ()

    @property
    def node(self) -> ast.AST:
        """Return the node of the last binding, the one that counts for importers."""
        return self.bindings[-1].node

    @property
    def dotted(self) -> str:
        """Return the canonical name of the definition itself, without `rest`."""
        return f"{self.module.name}.{self.name}"


class Names:
    """The cross-module resolver over all modules of a project."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self.packages = frozenset(name[:index] for name in modules for index, char in enumerate(name) if char == ".")
        self._canonical: dict[tuple[str, str], str] = {}
        self._pending: set[tuple[str, str]] = set()
        self._exports: dict[str, frozenset[str] | None] = {}

    def canonical(self, module: Module, expr: ast.expr) -> str | None:
        """Return the dotted canonical name of a Name or Attribute chain.

        `wf.step` in app.steps.x is `app.workflow.wf.step`, `workflow.sleep` is `wfc.sleep`, `open` is
        `builtins.open`. Simple aliases (`now = time.time`) are followed where the name is bound
        once; one that is bound several times is the variable itself, `app.x.now`. A local variable,
        and anything that depends on run time, is None.
        """
        attributes: list[str] = []
        while isinstance(expr, ast.Attribute):
            attributes.append(expr.attr)
            expr = expr.value
        if not isinstance(expr, ast.Name):
            return None
        base = self._canonical_name(module, expr)
        if base is None or not attributes:
            return base
        return self.follow(".".join([base, *reversed(attributes)]))

    def definition(self, dotted: str) -> Definition | None:
        """Return the first-party definition behind a dotted name, following re-exports.

        None for a module, for names outside the project, and for names that nothing binds.
        """
        parts = self.follow(dotted).split(".")
        for length in range(len(parts) - 1, 0, -1):
            module = self.modules.get(".".join(parts[:length]))
            if module is not None and parts[length] in module.bindings:
                name = parts[length]
                return Definition(module, name, module.bindings[name], tuple(parts[length + 1 :]))
        return None

    def module_of(self, dotted: str) -> Module | None:
        """Return the first-party module that a dotted name names, if it names one."""
        return self.modules.get(self.follow(dotted))

    def is_first_party(self, dotted: str) -> bool:
        """Say whether a dotted name starts with a module or package of the project."""
        root = dotted.partition(".")[0]
        return root in self.modules or root in self.packages

    def follow(self, dotted: str) -> str:
        """Return the canonical form of an absolute dotted name."""
        dotted = self._normalise_sdk(dotted)
        module, rest = self._split(dotted)
        if module is None or not rest:
            return dotted
        target = self._in_module(module, rest[0])
        if target == f"{module.name}.{rest[0]}":
            return dotted
        if dotted == target or dotted.startswith(f"{target}."):
            # `from .b import b` in a package: `a.b.b` is b's canonical name, not attribute b of b.
            return dotted
        return self.follow(".".join([target, *rest[1:]])) if rest[1:] else target

    def exports(self, module: Module) -> frozenset[str] | None:
        """Return what `from module import *` binds; None when that can't be read from the source."""
        if module.name not in self._exports:
            self._exports[module.name] = frozenset()  # ends a cycle of star imports
            self._exports[module.name] = exported_names(module, self._star_source)
        return self._exports[module.name]

    def has_open_star(self, module: Module) -> bool:
        """Say whether a star import could bind any name (from outside, or not expandable)."""
        return any(
            source is None or self.exports(source) is None
            for source in map(self.modules.get, [star.module for star in module.stars])
        )

    # --- names inside a module

    def _canonical_name(self, module: Module, node: ast.Name) -> str | None:
        scope = module.bound.scope_by_node.get(node)
        if scope is None:
            return None
        name = module.name_of(node)
        owner = scope.owner(name)
        if owner is not None and owner.kind is ScopeKind.CLASS and _precedes(node, owner.bindings[name][0]):
            owner = owner.parent.owner(name) if owner.parent else None
        if owner is not None and owner.kind is not ScopeKind.MODULE:
            return self._canonical_local(module, owner.bindings[name])
        if owner is None and name not in module.bindings:
            starred = self._from_star(module, name)
            if starred is not None:
                return starred
            known = name in BUILTINS and not self.has_open_star(module)
            return f"builtins.{name}" if known else None
        return self._in_module(module, name)

    def _canonical_local(self, module: Module, bindings: Sequence[Binding]) -> str | None:
        if all(binding.kind in _IMPORTS for binding in bindings):
            targets = {self._import_target(binding) for binding in bindings}
            return targets.pop() if len(targets) == 1 else None
        value = bindings[0].value
        if len(bindings) == 1 and isinstance(value, ast.Name | ast.Attribute):
            key = (module.name, f"{value.lineno}:{value.col_offset}")
            if key in self._pending:
                return None
            self._pending.add(key)
            try:
                return self.canonical(module, value)
            finally:
                self._pending.discard(key)
        return None

    def _in_module(self, module: Module, name: str) -> str:
        """Return what attribute `name` of a module is, `module.name` if it is defined right there."""
        key = (module.name, name)
        known = self._canonical.get(key)
        if known is None:
            own = f"{module.name}.{name}"
            if key in self._pending:  # a cycle of re-exports: the name stands for itself
                return own
            self._pending.add(key)
            known = self._resolve_in_module(module, name) or own
            self._pending.discard(key)
            self._canonical[key] = known
        return known

    def _resolve_in_module(self, module: Module, name: str) -> str | None:
        bindings = [binding for binding in module.bindings.get(name, ()) if binding.kind is not BindingKind.ANNOTATION]
        if not bindings:
            return self._from_star(module, name)
        if any(
            star.statement > bindings[-1].statement and self._star_supplies(star.module, name) for star in module.stars
        ):
            return None
        if all(binding.kind in _IMPORTS for binding in bindings):
            targets = {self._import_target(binding) for binding in bindings}
            return targets.pop() if len(targets) == 1 else None
        value = bindings[0].value
        if len(bindings) == 1 and isinstance(value, ast.Name | ast.Attribute):
            return self.canonical(module, value)
        return None

    def _import_target(self, binding: Binding) -> str | None:
        target = binding.target
        if target is None:
            return None
        if binding.kind is BindingKind.FROM_IMPORT:
            # `from a.b import c` asks the module a.b, whatever the attribute b of a is.
            base, _, name = target.rpartition(".")
            module = self.modules.get(base)
            if module is not None:
                if target in self.modules and not self._supplies(module, name):
                    return target
                return self._in_module(module, name)
        return target if target in self.modules else self.follow(target)

    # --- star imports and modules

    def _supplies(self, module: Module, name: str) -> bool:
        """Say whether a package binds a name itself, which wins over a submodule of that name."""
        if name in module.bindings:
            return True
        return any(name in (self._star_source(star.module) or ()) for star in module.stars)

    def _star_source(self, name: str) -> frozenset[str] | None:
        module = self.modules.get(name)
        return None if module is None else self.exports(module)

    def _star_supplies(self, source: str, name: str) -> bool:
        names = self._star_source(source)
        return names is None or name in names

    def _from_star(self, module: Module, name: str) -> str | None:
        for star in reversed(module.stars):
            source = self.modules.get(star.module)
            names = self._star_source(star.module)
            if source is None or names is None:
                return None  # it may well supply the name
            if name in names:
                return self._in_module(source, name)
        return None

    def _split(self, dotted: str) -> tuple[Module | None, list[str]]:
        """Split into the module and the attributes behind it, by the rules of attribute access."""
        parts = dotted.split(".")
        module: Module | None = None
        for index, part in enumerate(parts):
            prefix = ".".join(parts[: index + 1])
            if module is not None and self._supplies(module, part):
                if self._in_module(module, part) != prefix or prefix not in self.modules:
                    return module, parts[index:]
            elif prefix not in self.modules and prefix not in self.packages:
                return module, parts[index:]
            module = self.modules.get(prefix)
        return module, []

    def _normalise_sdk(self, dotted: str) -> str:
        for spelling in _SDK_SPELLINGS:
            if dotted == spelling or dotted.startswith(spelling + "."):
                return dotted if self.is_first_party(dotted) else "wfc" + dotted[len(spelling) :]
        return dotted


def _precedes(node: ast.Name, binding: Binding) -> bool:
    """Say whether a name in a class body is read before the class binds it.

    `day: day = None` reads the global `day`; the parser puts the annotation behind the target.
    """
    first = binding.node
    statement = getattr(first, "lineno", 0), getattr(first, "col_offset", 0)
    if (node.lineno, node.col_offset) <= statement:
        return True
    same_line = node.lineno == getattr(first, "lineno", 0)
    return same_line and isinstance(node.ctx, ast.Load)
