"""Names that note which definitions are asked for, so that it is known what an answer depends on."""

from __future__ import annotations

from .names import Definition, Names


class WatchedNames(Names):
    """The same names, noting in `seen` which definitions are looked up through it: `(module, name)`."""

    def __init__(self, names: Names) -> None:
        vars(self).update(vars(names))  # what is known already is shared, and so is what is found out
        self.seen: set[tuple[str, str]] = set()

    def definition(self, dotted: str) -> Definition | None:
        """Return the definition behind a dotted name, and note it."""
        found = super().definition(dotted)
        if found is not None:
            self.seen.add((found.module.name, found.name))
        return found
