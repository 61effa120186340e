"""What library functions do: the shipped facts, overridden by `[tool.wfc.decls]`.

    Facts.load({}).kind("httpx.AsyncClient.get", has_arguments=True)    "network"

`effects` has a rule for each kind.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_FILES = ("stdlib.toml", "thirdparty.toml")
PURE = "pure"


class Facts:
    """A table from dotted names and prefixes to kinds."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = table

    @classmethod
    def load(cls, declarations: Mapping[str, str]) -> Facts:
        """Return the shipped facts with a project's own (`"pkg.fn" = "pure" | "impure:network"`)."""
        own = {name: kind.removeprefix("impure:") for name, kind in declarations.items()}
        return cls({**_shipped(), **own})

    def kind(self, dotted: str, *, has_arguments: bool) -> str | None:
        """Return the kind of a callable, the most specific fact first; None where none is known."""
        table = self._table
        if not has_arguments and f"{dotted}()" in table:
            return table[f"{dotted}()"]
        if dotted in table:
            return table[dotted]
        prefix = dotted
        while "." in prefix:
            prefix = prefix.rpartition(".")[0]
            if f"{prefix}.*" in table:
                return table[f"{prefix}.*"]
        return None


@cache
def _shipped() -> Mapping[str, str]:
    table: dict[str, str] = {}
    for name in _FILES:
        text = (files(__package__) / "facts" / name).read_text("utf-8")
        for kind, names in tomllib.loads(text).items():
            table.update(dict.fromkeys(names, kind))
    return table
