"""Turn one module's slice into the text of its shadow module.

In: a bound module, what a route needs of it, and the kind of the route. Out: the text, and which
source line each emitted statement comes from. The user's comments and formatting survive: what is
rewritten is LibCST's tree, or the text itself where that is plain enough.

The unit of work is a top-level line (`units`): its text depends on nothing but itself, so that it is rewritten
once however many routes keep it, and a module is its pieces put together. Most of a step's pieces need no
rewriting at all: they are the source's own text. `rewriting` has the others.

A tree can be deep (`a + a + ...` a thousand times): `emit` runs this in a thread with a big stack.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..binder import Module
from ..slice.plan import Kept, ModuleSlice
from ..syntax import all_statements, start_line
from .bodies import without_body
from .resolve import Resolver
from .surroundings import Surroundings
from .units import NAMES, AddedNames, Piece, Unit, Units, cut_units, has_guards, is_prologue


@dataclass(frozen=True)
class Lowered:
    """An emitted module: its text, and `[emitted line, source line]` for each statement start."""

    text: str
    lines: tuple[tuple[int, int], ...]


@dataclass
class ModuleLowering:
    """Lowers the slices of one module; what several of them share is done once."""

    module: Module
    resolver: Resolver
    around: Surroundings
    _units: Units = field(init=False)
    _emitted: AddedNames = field(init=False)
    _pieces: dict[tuple[bool, tuple[Kept, ...]], Piece] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._units = cut_units(self.module.source, self.module.tree)
        self._emitted = _added_names(self.module)

    def lower(self, part: ModuleSlice, *, flow: bool) -> Lowered:
        """Return the shadow module of a slice, for a flow or for a step."""
        kept = {entry.index: entry for entry in part.kept}
        pieces: list[Piece] = []
        for unit in self._units.units:
            entries = tuple(kept[index] for index in unit.indices if index in kept)
            if entries:
                pieces.append(self._piece(unit, entries, flow=flow))
        return _assemble(self._units.header, pieces, self._emitted.flow)

    def _piece(self, unit: Unit, entries: tuple[Kept, ...], *, flow: bool) -> Piece:
        key = (flow, entries)
        if key not in self._pieces:
            self._pieces[key] = self._make_piece(unit, entries, flow=flow)
        return self._pieces[key]

    def _make_piece(self, unit: Unit, entries: tuple[Kept, ...], *, flow: bool) -> Piece:
        whole = len(entries) == len(unit.indices) and not any(_is_cut(entry) for entry in entries)
        if whole and not self._is_rewritten(unit, flow=flow):
            return _verbatim(unit)
        plain = self._stub(unit, flow=flow) if entries[0].stub else self._as_text(unit, entries[0], flow=flow)
        if plain is not None:
            return _verbatim(plain)
        from .rewriting import Rewriting  # LibCST takes a while to import, and most edits need none of it

        rewriting = Rewriting(self.module, self.resolver, self.around, self._emitted)
        return rewriting.piece(unit, entries, flow=flow)

    def _as_text(self, unit: Unit, entry: Kept, *, flow: bool) -> Unit | None:
        """Rewrite the commonest lines without a tree; None for others."""
        named = unit.text if flow else _name_logger(unit.text, self.module.name)
        if named != unit.text:
            return replace(unit, text=named)
        text = self.around.as_text(unit.text, unit.statements[0], entry.aliases) if entry.star is None else None
        return replace(unit, text=text) if text is not None else None

    def _stub(self, unit: Unit, *, flow: bool) -> Unit | None:
        """Cut the body out of a function without a tree; None where something is rewritten in what is left."""
        (function,) = unit.statements
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef), "only functions are stubbed"
        text, twin = without_body(unit.text, unit.line, function)
        stub = replace(unit, text=text, statements=(twin,))
        return None if twin is function or self._is_rewritten(stub, flow=flow) else stub

    def _is_rewritten(self, unit: Unit, *, flow: bool) -> bool:
        """Say whether anything in a line means something else in a route."""
        if NAMES.search(unit.text) or self.around.rewrites_any(unit.statements, flow=flow):
            return True
        return flow and (has_guards(unit.statements) or any(map(self._replaces, unit.statements)))

    def _replaces(self, node: ast.stmt) -> bool:
        return any(True for _ in self.resolver.substitutions(node))


_LOGGER = re.compile(r"(?m)^(\w+ = (?:logging\.)?getLogger\()__name__\)\n\Z")


def _name_logger(text: str, module: str) -> str:
    """Replace the name in `log = logging.getLogger(__name__)`, which is in so many modules, as text."""
    return _LOGGER.sub(rf'\1"{module}")\n', text)


def _is_cut(entry: Kept) -> bool:
    return entry.stub or entry.aliases is not None or entry.star is not None


def _added_names(module: Module) -> AddedNames:
    """Choose names for emitted code that the user's code doesn't use."""
    taken = {name for scope in module.scope.walk() for name in (*scope.bindings, *scope.uses)}

    def free(name: str) -> str:
        while name in taken:
            name += "_"
        return name

    return AddedNames(flow=free("_flow"), run=free("_wfc_run"))


def _verbatim(unit: Unit) -> Piece:
    """Return a line that is emitted as it stands, statement by statement on the lines of the source."""
    end = unit.line + unit.text.count("\n")
    # What a stub has for a body stands where no line of the source does.
    starts = sorted({line for node in all_statements(unit.statements) if (line := start_line(node)) < end})
    lines = tuple((start - unit.line, start) for start in starts)
    return Piece(unit.text, lines, is_prologue=is_prologue(unit.statements[0]), uses_flow=False)


def _assemble(header: str, pieces: Sequence[Piece], flow: str) -> Lowered:
    """Put pieces together, with the import of the flow's runtime behind what has to come first."""
    texts = [header] if header.strip() else []
    line = 1 + sum(text.count("\n") for text in texts)
    lines: list[tuple[int, int]] = []
    wanted = any(piece.uses_flow for piece in pieces)
    for piece in pieces:
        if wanted and not piece.is_prologue:
            imported = ("\n" if texts else "") + f"from wfc import flow as {flow}\n"
            texts.append(imported)
            line += imported.count("\n")
            wanted = False
        blank = len(piece.text) - len(piece.text.lstrip("\n")) if not texts else 0
        lines.extend((line + offset - blank, source) for offset, source in piece.lines)
        texts.append(piece.text[blank:])
        line += piece.text.count("\n") - blank
    return Lowered("".join(texts), tuple(lines))
