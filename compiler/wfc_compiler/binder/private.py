"""Private names: what `__x` stands for in the body and in the head of a class.

class C[__T](list[__T]):        _C__T in both places
    __x = 1                     _C__x
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PrivateNames:
    """The class around a piece of code; `parameters` holds the type parameters of a class whose head it is."""

    class_name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    def stands_for(self, name: str) -> str:
        """Return the name that Python takes for `name`."""
        if name in self.parameters:
            return self.parameters[name]
        stripped = self.class_name.lstrip("_")
        private = stripped and name.startswith("__") and not name.endswith("__") and "." not in name
        return f"_{stripped}{name}" if private else name

    def in_head(self, node: ast.ClassDef) -> PrivateNames:
        """Return the rules for type parameters, bases and keywords of a class."""
        body = PrivateNames(node.name)
        own = {item.name: body.stands_for(item.name) for item in getattr(node, "type_params", ())}
        return PrivateNames(self.class_name, own)
