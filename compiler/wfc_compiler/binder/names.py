"""Follow names across modules: imports, re-exports, aliases, star imports, the SDK's spellings.

`from vercel import workflow` and `import wfc` name the same objects: canonical `wfc.X`. A name that
cannot be followed for sure has no canonical name (None) or that of the variable itself, never a
guessed one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .exports import Exports
from .sdk import as_sdk
from .stars import Stars
from .uses import BUILTINS
from .values import Binding, BindingKind, Module, Scope, ScopeKind

_IMPORTS = (BindingKind.IMPORT, BindingKind.FROM_IMPORT)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


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


# Nobody names anything by more attributes; of a chain of thousands each prefix would be asked for.
_LONGEST_CHAIN = 50


class Names:
    """The cross-module resolver over all modules of a project."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self.packages = frozenset(name[:index] for name in modules for index, char in enumerate(name) if char == ".")
        self._canonical: dict[tuple[str, str], str] = {}
        self._followed: dict[str, str] = {}
        self._definitions: dict[str, Definition | None] = {}
        self._pending: set[tuple[str, str]] = set()
        self._exports = Exports(modules, self._module_named)
        self.stars = Stars(modules, self._exports, self._in_module)

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
            if len(attributes) > _LONGEST_CHAIN:
                return None
        if not isinstance(expr, ast.Name):
            return None
        base = self._canonical_name(module, expr)
        if base is None or not attributes:
            return base
        dotted = ".".join([base, *reversed(attributes)])
        return None if self._passes_collision(dotted) else self.follow(dotted)

    def definition(self, dotted: str) -> Definition | None:
        """Return the first-party definition behind a dotted name, following re-exports.

        None for a module, for names outside the project, and for names that nothing binds.
        """
        if dotted in self._definitions:
            return self._definitions[dotted]
        found = self._definition(dotted)
        if not self._pending:
            self._definitions[dotted] = found
        return found

    def _definition(self, dotted: str) -> Definition | None:
        parts = self.follow(dotted).split(".")
        for length, module in reversed(list(self._modules_along(parts))):
            name = parts[length]
            if name in module.bindings:
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
        known = self._followed.get(dotted)
        if known is None:
            known = self._follow(dotted)
            if not self._pending:  # inside a cycle of re-exports names stand for themselves
                self._followed[dotted] = known
        return known

    def _follow(self, dotted: str) -> str:
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
        return self._exports.of(module)

    # --- names inside a module

    def _canonical_name(self, module: Module, node: ast.Name) -> str | None:
        scope = module.bound.scope_by_node.get(node)
        if scope is None:
            return None
        name = module.name_of(node)
        owner = scope.owner(name)
        if owner is not None and owner.kind is ScopeKind.CLASS:
            first = owner.bindings[name][0]
            if _precedes(node, first):
                owner = owner.parent.owner(name) if owner.parent else None
            elif not first.certain:
                return None  # else it is the name outside of the class
        if owner is not None and owner.kind is not ScopeKind.MODULE:
            return self._canonical_local(module, owner.bindings[name])
        before = node.lineno if _runs_at_import(scope) else None
        if name in module.bindings and not _is_read_first(module, name, before):
            return self._in_module(module, name)
        supplied, surely = self.stars.supplied(module, name, before)
        if name in BUILTINS and not surely:
            supplied.append(f"builtins.{name}")
        if supplied and not self._collides(module, name):
            return supplied[0] if len(set(supplied)) == 1 else None
        return self._in_module(module, name) if name in module.bindings else None

    def _canonical_local(self, module: Module, bindings: Sequence[Binding]) -> str | None:
        bindings = that_count(bindings)
        if bindings and all(binding.kind in _IMPORTS for binding in bindings):
            targets = {self._import_target(binding) for binding in bindings}
            return targets.pop() if len(targets) == 1 else None
        value = bindings[0].value if len(bindings) == 1 else None
        if not isinstance(value, ast.Name | ast.Attribute):
            return None
        key = (module.name, f"{value.lineno}:{value.col_offset}")
        if key in self._pending:
            return None
        self._pending.add(key)
        try:
            return self.canonical(module, value)
        finally:
            self._pending.discard(key)

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
        bindings = that_count(module.bindings.get(name, ()))
        if self._collides(module, name):
            return None
        if not bindings:
            supplied = set(self.stars.supplied(module, name, None)[0])
            return supplied.pop() if len(supplied) == 1 else None
        if all(binding.kind in _IMPORTS for binding in bindings):
            targets = {self._import_target(binding) for binding in bindings}
            found = targets.pop() if len(targets) == 1 else None
        else:
            found = self._alias_target(module, bindings)
        if found is None or self._may_differ(module, name, bindings, found):
            return None
        return found

    def _alias_target(self, module: Module, bindings: Sequence[Binding]) -> str | None:
        """Return what `now = time.time` names, unless it is a variable that changes after the alias was made."""
        value = bindings[0].value if len(bindings) == 1 else None
        if not isinstance(value, ast.Name | ast.Attribute):
            return None
        found = self.canonical(module, value)
        owner, _, name = (found or "").rpartition(".")
        if owner == module.name:
            for binding in module.bindings.get(name, ()):
                if binding.statement >= bindings[0].statement or _runs_later(module, binding):
                    return None
        return found

    def _may_differ(self, module: Module, name: str, bindings: Sequence[Binding], found: str) -> bool:
        """Say whether something else than the bindings may supply the name: a star import, or the builtins."""
        certain = any(binding.certain for binding in bindings)
        if name in BUILTINS and not certain:
            return True
        is_own = found.partition(".")[0] == "wfc" or self.is_first_party(found)
        return self.stars.may_differ(module, name, bindings, found, is_own)

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
        return self.follow(target)

    # --- star imports and modules

    def _module_named(self, module: Module, node: ast.expr) -> Module | None:
        dotted = self.canonical(module, node)
        return self.modules.get(dotted) if dotted is not None else None

    def _supplies(self, module: Module, name: str) -> bool:
        """Say whether a package binds a name itself, which wins over a submodule of that name."""
        if name in module.bindings:
            return True
        return any(name in self.stars.names(star.module) for star in module.stars)

    def _collides(self, package: Module, name: str) -> bool:
        """Say whether a name of a package is also that of a submodule, so that the last of the two to come stays.

        Not so where the name is taken from that very submodule: by then it has been imported.
        """
        own = f"{package.name}.{name}"
        if own not in self.modules:
            return False
        bindings = that_count(package.bindings.get(name, ()))
        sources = [(binding.target or "", binding.certain) for binding in bindings]
        if not bindings:
            stars = [star for star in package.stars if name in self.stars.names(star.module)]
            sources = [(f"{star.module}.{name}", star.certain) for star in stars]
        return any(target != own and not (certain and target.startswith(f"{own}.")) for target, certain in sources)

    def _passes_collision(self, dotted: str) -> bool:
        parts = dotted.split(".")
        return any(self._collides(package, parts[length]) for length, package in self._modules_along(parts[:-1]))

    def _modules_along(self, parts: Sequence[str]) -> Iterator[tuple[int, Module]]:
        """Yield the modules that a dotted name starts with, shortest first, each with the number of its parts."""
        prefix = ""
        for length, part in enumerate(parts[:-1], 1):
            prefix = f"{prefix}.{part}" if prefix else part
            if prefix in self.modules:
                yield length, self.modules[prefix]
            elif prefix not in self.packages:
                return

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
        return dotted if self.is_first_party(dotted) else as_sdk(dotted)


def that_count(bindings: Sequence[Binding]) -> list[Binding]:
    """Return the bindings that may give a name its value: without bare annotations, dead branches and placeholders.

    `json = None` where an import failed is no other value: nothing can be done with it.
    """
    values = [binding for binding in bindings if binding.kind is not BindingKind.ANNOTATION]
    live = [binding for binding in values if binding.live] or values
    return [binding for binding in live if not _is_placeholder(binding)] or live


def _is_placeholder(binding: Binding) -> bool:
    value = binding.value
    return binding.kind is BindingKind.ASSIGNMENT and isinstance(value, ast.Constant) and value.value is None


def _runs_at_import(scope: Scope) -> bool:
    """Say whether code of a scope runs where it stands when the module is imported, not when something is called."""
    immediate = (ast.Module, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp)
    around: Scope | None = scope
    while around is not None and isinstance(around.node, immediate):
        around = around.parent
    return around is None


def _is_read_first(module: Module, name: str, line: int | None) -> bool:
    """Say whether code that runs at import, in `line`, reads a name before the module binds it."""
    first = min(binding.statement for binding in module.bindings[name])
    return line is not None and line < module.tree.body[first].lineno


def _runs_later(module: Module, binding: Binding) -> bool:
    """Say whether a function binds the name (`global`), which may happen at any time."""
    return not binding.certain and isinstance(module.tree.body[binding.statement], _DEFINITIONS)


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
