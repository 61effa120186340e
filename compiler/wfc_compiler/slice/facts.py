"""What slicing knows about a module, whatever the route: per top-level statement, what it uses and imports.

In: a bound module. Out: `ModuleFacts`, worked out once per module and shared by all routes. What a
statement does to other objects is in `effects`.

    import app.db
    def load(): return app.db.get(KEY)         uses app.db.get and KEY

A use is a chain (see `uses`): the global name and the attributes behind it, so that `app.db.get` needs
one function of a module, while `f(app.db)` needs all of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..binder import Module, is_main_block
from ..project.imports import imported_by_name
from .dynamic import looked_up, why_dynamic
from .uses import Chain, chains, executed_children, found_chains, is_type_checking

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Imported:
    """One name of an import statement, made absolute.

    `import a.b as x` has module `a.b` and no name; `from m import n` has both. `position` is its
    place in a top-level import; None for imports inside a compound statement or a function.
    """

    node: ast.Import | ast.ImportFrom
    alias: ast.alias
    module: str
    name: str | None
    bound: str
    position: int | None
    in_function: bool = False

    @property
    def binds_top(self) -> bool:
        """Say whether this is `import a.b`, which binds `a`."""
        return self.name is None and self.bound == self.module.partition(".")[0] != self.module


@dataclass(frozen=True)
class StatementFacts:
    """What one top-level statement uses.

    `uses` are the chains from module-level names, `header` those that stay when a function's body is
    cut; `locals` the chains from other names, for imports inside functions. `dropped` says why the
    statement is in no route; `dynamic` why its module can't be cut; `resources` that it reads files
    beside the module; `imported_by_name` the names given to `import_module`, with a `*` at the end
    where only the beginning is known.
    """

    uses: frozenset[Chain]
    header: frozenset[Chain]
    locals: frozenset[Chain]
    imports: tuple[Imported, ...]
    dropped: str | None = None
    dynamic: str | None = None
    resources: bool = False
    imported_by_name: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModuleFacts:
    """A module, statement by statement."""

    module: Module
    statements: tuple[StatementFacts, ...]

    def imports(self) -> Iterator[tuple[int, Imported]]:
        """Yield what the module imports when it is executed, in order, with the statement's index."""
        for index, facts in enumerate(self.statements):
            if facts.dropped is None:
                yield from ((index, imported) for imported in facts.imports if not imported.in_function)

    def bound_to(self, name: str) -> list[tuple[int, Imported | None]]:
        """Return the statements that bind a name when the module runs, with the import where it is one."""
        found: list[tuple[int, Imported | None]] = []
        for binding in self.module.bindings.get(name, ()):
            statement = self.statements[binding.statement]
            if statement.dropped is None:
                imports = (imported for imported in statement.imports if imported.alias is binding.node)
                found.append((binding.statement, next(imports, None)))
        return found


class FactsOnDemand(Mapping[str, ModuleFacts]):
    """The facts of every module of a program, in order of name, each worked out when it is asked for."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self._modules = modules
        self._order = sorted(modules)
        self._found: dict[str, ModuleFacts] = {}

    def __getitem__(self, name: str) -> ModuleFacts:
        if name not in self._found:
            self._found[name] = collect_facts(self._modules[name])
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)


def collect_facts(module: Module) -> ModuleFacts:
    """Work out the facts of a module."""
    return ModuleFacts(
        module, tuple(_statement_facts(module, index, node) for index, node in enumerate(module.tree.body))
    )


def _statement_facts(module: Module, index: int, node: ast.stmt) -> StatementFacts:
    names = module.globals_used(index)
    found = tuple(found_chains([node], module))
    uses = {chain for chain, is_local in found if not is_local}
    # `global X` and what an import binds have no node of their own.
    uses.update(Chain(name, bare=True) for name in names - {chain.root for chain in uses})
    uses.update(Chain(name) for name in looked_up(node, names))
    header = frozenset(chains(_header(node), module)) if isinstance(node, Function) else frozenset[Chain]()
    every = frozenset(chain for chain, _ in found)
    return StatementFacts(
        uses=frozenset(uses),
        header=header,
        locals=frozenset(chain for chain, is_local in found if is_local),
        imports=tuple(_imports(module, node, in_function=False, top=True)),
        dropped=_why_dropped(node),
        dynamic=why_dynamic(node, names),
        resources=_reads_resources(uses),
        imported_by_name=_imported_by_name(module, node, every),
    )


def _header(node: Function) -> list[ast.AST]:
    return [*node.decorator_list, node.args, *filter(None, [node.returns]), *getattr(node, "type_params", [])]


def _imports(module: Module, statement: ast.AST, *, in_function: bool, top: bool) -> Iterator[Imported]:
    """Yield the imports in a statement; without recursion, since each `elif` stands inside the one before."""
    pending: list[tuple[ast.AST, bool]] = [(statement, in_function)]
    while pending:
        node, inside = pending.pop()
        numbered = top and node is statement
        if isinstance(node, ast.Import):
            for position, alias in enumerate(node.names):
                bound = alias.asname or alias.name.partition(".")[0]
                yield Imported(node, alias, alias.name, None, bound, position if numbered else None, inside)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(module, node)
            for position, alias in enumerate(node.names):
                bound = alias.asname or alias.name
                yield Imported(node, alias, base, alias.name, bound, position if numbered else None, inside)
        elif isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            within = inside or isinstance(node, Function)
            pending.extend((child, within) for child in reversed(list(executed_children(node))))


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """Return the absolute name of the module that a `from` import asks."""
    if not node.level:
        return node.module or ""
    package = module.source.package.split(".")
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *filter(None, [node.module])])


def _why_dropped(node: ast.stmt) -> str | None:
    if isinstance(node, ast.If) and not node.orelse and is_type_checking(node.test):
        return "TYPE_CHECKING"
    return "__main__" if is_main_block(node) else None


def _reads_resources(uses: set[Chain]) -> bool:
    for chain in uses:
        if chain.root == "__file__" or chain.root in ("resources", "pkgutil"):
            return True
        if chain.path and chain.root == "importlib" and chain.path[0] == "resources":
            return True
    return any(chain.root in ("files", "read_text", "open_text", "get_data") for chain in uses)


def _imported_by_name(module: Module, node: ast.stmt, every: frozenset[Chain]) -> tuple[str, ...]:
    if not any({"import_module", "__import__"} & {chain.root, *chain.path} for chain in every):
        return ()
    return tuple(imported_by_name(module.source, node))
