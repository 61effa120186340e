"""What a piece of code uses: chains of names, `app.db.get`, and names that only have to be there.

app.db.get(KEY)                  app.db.get, KEY
getattr(codecs, "encode")        codecs.encode
del codecs                       codecs, which only has to exist: no attribute of it is read
if os.path is posixpath          posixpath likewise
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..binder import Module, ScopeKind


@dataclass(frozen=True, order=True)
class Chain:
    """A global name and the attributes that are read from it: `a.b.c` is `Chain("a", ("b", "c"))`.

    `bare` says that the name only has to be bound, since nothing is done with its value.
    """

    root: str
    path: tuple[str, ...] = ()
    bare: bool = False

    @property
    def asked(self) -> tuple[str, ...] | None:
        """Return the attributes, None when the name only has to be bound."""
        return None if self.bare else self.path


def chains(nodes: Iterable[ast.AST], module: Module) -> Iterator[Chain]:
    """Yield the chains of global names in `nodes`, those in string annotations included."""
    yield from (chain for chain, is_local in found_chains(nodes, module) if not is_local)


def found_chains(nodes: Iterable[ast.AST], module: Module) -> Iterator[tuple[Chain, bool]]:
    """Yield every chain of names in `nodes`, and whether its root is local to a function."""
    annotations = module.bound.annotations
    pending = list(nodes)
    while pending:
        node = pending.pop()
        match node:
            case ast.Constant():
                pending += [annotations[node]] if node in annotations else []
            case ast.Name() | ast.Attribute():
                yield from _chain(module, node, (), pending)
            case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[owner, ast.Constant(value=str(name)), *rest]):
                yield from _chain(module, owner, (name,), pending)
                pending += [node.func, *rest]
            case ast.Compare() if all(isinstance(operator, ast.Is | ast.IsNot) for operator in node.ops):
                for part in (node.left, *node.comparators):
                    if isinstance(part, ast.Name):
                        yield Chain(module.name_of(part), bare=True), _is_local(module, part)
                    else:
                        pending.append(part)
            case _:
                pending.extend(executed_children(node))


def _chain(
    module: Module, node: ast.expr, path: tuple[str, ...], pending: list[ast.AST]
) -> Iterator[tuple[Chain, bool]]:
    """Yield the chain that an expression is, or leave what is below its attributes to be looked at."""
    while isinstance(node, ast.Attribute):
        path = (node.attr, *path)
        node = node.value
    if isinstance(node, ast.Name):
        bare = not path and not isinstance(node.ctx, ast.Load)
        yield Chain(module.name_of(node), path, bare), _is_local(module, node)
    else:
        pending.append(node)


def _is_local(module: Module, node: ast.Name) -> bool:
    """Say whether a name belongs to a function or a comprehension; a class body may still read the global one."""
    scope = module.bound.scope_by_node.get(node)
    owner = scope.owner(module.name_of(node)) if scope is not None else None
    return owner is not None and owner.kind not in (ScopeKind.MODULE, ScopeKind.CLASS)


def executed_children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node, but not what stands under `if TYPE_CHECKING:`."""
    if isinstance(node, ast.If) and is_type_checking(node.test):
        return iter([node.test, *node.orelse])
    return ast.iter_child_nodes(node)


def is_type_checking(test: ast.expr) -> bool:
    """Say whether a test is `TYPE_CHECKING` in one of its spellings."""
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )
