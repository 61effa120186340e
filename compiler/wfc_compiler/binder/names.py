"""Follow names across modules: imports, re-exports, aliases, star imports, the SDK's spellings.

`from vercel import workflow` and `import wfc` name the same objects: canonical `wfc.X`. A name that
cannot be followed for sure has no canonical name (None), never a guessed one.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .values import Binding, Module


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

    def canonical(self, module: Module, expr: ast.expr) -> str | None:
        """Return the dotted canonical name of a Name or Attribute chain.

        `wf.step` in app.steps.x is `app.workflow.wf.step`, `workflow.sleep` is `wfc.sleep`, `open` is
        `builtins.open`. Simple aliases (`now = time.time`) are followed where the name is bound
        once. A local variable, and anything that depends on run time, is None.
        """
        raise NotImplementedError

    def definition(self, dotted: str) -> Definition | None:
        """Return the first-party definition behind a dotted name, following re-exports.

        None for a module, for names outside the project, and for names that nothing binds.
        """
        raise NotImplementedError
