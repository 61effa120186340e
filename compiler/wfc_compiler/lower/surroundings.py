"""Where a module stands among others: which imports mean something else in a route, and what the usual ones become.

    from app.workflow import wf          ->  from ..workflow import wf           (in app/steps/x.py)

In: a statement and its text. Out: whether a route needs it rewritten, and as what. What is not that plain `imports`
rewrites, in a tree.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..syntax import all_statements
from .substitutions import STAND_INS

SDK = ("vercel.workflow", "vercel_workflow")
"""What `wfc` is called in code written for the Python Workflow SDK."""

_PLAIN = re.compile(r"(?m)^from (?P<module>\.*[\w.]*) import (?P<names>\w+( as \w+)?(, \w+( as \w+)?)*)\n\Z")


@dataclass(frozen=True)
class Surroundings:
    """What an import statement has to know: whose module it is in, and which names are first-party.

    `package` holds the parts of the package that relative imports start from. `binds(parent, name)`
    says whether the package binds `name` itself, so that `from parent import name` might not load
    the submodule of that name.
    """

    package: tuple[str, ...]
    is_first_party: Callable[[str], bool]
    binds: Callable[[str, str], bool] = lambda parent, name: False

    def rewrites_any(self, statements: Sequence[ast.stmt], *, flow: bool) -> bool:
        """Say whether there is such an import in some statements, at any depth."""
        return any(self._rewrites(node, flow=flow) for node in all_statements(statements))

    def _rewrites(self, node: ast.stmt, *, flow: bool) -> bool:
        match node:
            case ast.Import(names=names):
                return any(self._is_ours(alias.name, flow=flow) for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                return module == "vercel" or self._is_ours(module, flow=flow)
        return False

    def _is_ours(self, module: str, *, flow: bool) -> bool:
        return module.startswith(SDK) or (flow and module in STAND_INS) or self.is_first_party(module)

    def relative(self, target: Sequence[str]) -> tuple[int, list[str]]:
        """Return the dots and the rest that lead from here to the module `target`."""
        shared = 0
        for mine, theirs in zip(self.package, target, strict=False):
            if mine != theirs:
                break
            shared += 1
        return len(self.package) - shared + 1, list(target[shared:])

    def as_text(self, text: str, node: ast.stmt, keep: Sequence[int] | None) -> str | None:
        """Rewrite `from app.steps import draft, review` as text, when that is all there is on the last line of `text`.

        Nearly all imports look like this, and it takes a hundredth of the time of a tree. Returns None for others.
        """
        found = _PLAIN.search(text)
        if found is None or not isinstance(node, ast.ImportFrom):
            return None
        module = found["module"]
        if module in ("vercel", "__future__", *STAND_INS) or module.startswith(SDK):
            return None
        if not node.level and self.is_first_party(module):
            dots, rest = self.relative(module.split("."))
            module = "." * dots + ".".join(rest)
        names = found["names"]
        if keep is not None:
            kept = (node.names[position] for position in keep)
            names = ", ".join(f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in kept)
        return f"{text[: found.start()]}from {module} import {names}\n"
