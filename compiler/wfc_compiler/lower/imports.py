"""Rewrite imports for a route's own tree: first-party ones become relative, the SDK's become `wfc`.

    from app.workflow import wf          ->  from ..workflow import wf           (in app/steps/x.py)
    import app.db                        ->  from .. import db as _wfc_import
                                             from ... import app
    from vercel import workflow          ->  import wfc as workflow
    import random                        ->  from wfc.flow import random         (in a flow)
    from uuid import UUID, uuid4         ->  from wfc.flow.uuid import UUID, uuid4

So emitted bytes don't hold the route's name, several routes live in one process, and equal slices
are equal bytes in every route.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst.helpers import get_full_name_for_node

from .statements import Origin, Rewrite
from .substitutions import STAND_INS
from .surroundings import SDK, Surroundings

LOADED = "_wfc_import"
"""What `import a.b` calls the submodule that it loads: nobody reads it, only `a` is bound."""

LINE = 100
"""Names in parentheses go on one line when what is left of them fits into this width."""


class RewriteImports(Rewrite):
    """Rewrite every import statement of a module, at module level or inside functions."""

    def __init__(self, origin: Origin, around: Surroundings, *, flow: bool) -> None:
        super().__init__(origin)
        self.around = around
        self.flow = flow

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement]:
        """Rewrite the imports of a line; each statement gets its own line when they become more."""
        body = self._rewrite(updated_node.body)
        if len(body) == len(updated_node.body):
            return updated_node.with_changes(body=body)
        lines = [cst.SimpleStatementLine([part.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for part in body]
        for part, line in zip(body, lines, strict=True):
            if part in self.origin:
                self.origin[line.body[0]] = self.origin[part]
        lines[0] = lines[0].with_changes(leading_lines=updated_node.leading_lines)
        lines[-1] = lines[-1].with_changes(trailing_whitespace=updated_node.trailing_whitespace)
        return cst.FlattenSentinel(lines)

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.SimpleStatementSuite:
        """Rewrite the imports of a one-line block, `try: import a.b`."""
        return updated_node.with_changes(body=self._rewrite(updated_node.body))

    def _rewrite(self, body: Sequence[cst.BaseSmallStatement]) -> list[cst.BaseSmallStatement]:
        result: list[cst.BaseSmallStatement] = []
        for statement in body:
            parts = self._rewritten(statement)
            twin = self.origin.get(statement)
            if twin is not None:
                self.origin.update((part, twin) for part in parts)
            result.extend(parts)
        return result

    def _rewritten(self, statement: cst.BaseSmallStatement) -> list[cst.BaseSmallStatement]:
        if isinstance(statement, cst.Import):
            return self._import(statement)
        if isinstance(statement, cst.ImportFrom) and not statement.relative:
            return self._import_from(statement)
        return [statement]

    def _import(self, statement: cst.Import) -> list[cst.BaseSmallStatement]:
        plain: list[cst.ImportAlias] = []
        rewritten: list[cst.BaseSmallStatement] = []
        for alias in statement.names:
            name = dotted(alias.name)
            bound = alias.evaluated_alias
            if name in SDK and (bound is not None or "." not in name):
                plain.append(cst.ImportAlias(cst.Name("wfc"), asname=_asname(bound or name)))
            elif name in SDK:
                # It binds `vercel`; `references` turns `vercel.workflow` into `wfc`.
                plain.append(cst.ImportAlias(cst.Name("wfc")))
            elif self._has_stand_in(name):
                rewritten.append(_from_flow(name, bound))
            elif self.around.is_first_party(name):
                rewritten.extend(self._first_party(name.split("."), bound))
            else:
                plain.append(alias)
        if not rewritten and len(plain) == len(statement.names) and plain == list(statement.names):
            return [statement]
        if plain:
            rewritten.insert(0, statement.with_changes(names=_commas(plain)))
        return rewritten

    def _first_party(self, parts: list[str], bound: str | None) -> list[cst.BaseSmallStatement]:
        if bound is not None:
            return [self._from(parts[:-1], parts[-1], bound)]
        top = self._from([], parts[0], None)
        if len(parts) == 1:
            return [top]
        if self.around.binds(".".join(parts[:-1]), parts[-1]):
            # `from a import b` would stop at the name `b` that the package binds.
            return [self._from(parts, "__name__", LOADED), top]
        return [self._from(parts[:-1], parts[-1], LOADED), top]

    def _import_from(self, statement: cst.ImportFrom) -> list[cst.BaseSmallStatement]:
        assert statement.module is not None, "only relative imports have no module"
        module = dotted(statement.module)
        for spelling in SDK:
            if module == spelling or module.startswith(spelling + "."):
                return [statement.with_changes(module=_expression("wfc" + module[len(spelling) :]))]
        if module == "vercel" and not isinstance(statement.names, cst.ImportStar):
            return _from_vercel(statement, statement.names)
        if self._has_stand_in(module) and _differs(module, statement.names):
            return [statement.with_changes(module=_expression(f"wfc.flow.{module}"))]
        if not self.around.is_first_party(module):
            return [statement]
        dots, rest = self.around.relative(module.split("."))
        return [
            statement.with_changes(
                module=_expression(".".join(rest)) if rest else None,
                relative=[cst.Dot()] * dots,
            )
        ]

    def _has_stand_in(self, module: str) -> bool:
        return self.flow and module in STAND_INS and not self.around.is_first_party(module)

    def _from(self, module: Sequence[str], name: str, bound: str | None) -> cst.ImportFrom:
        dots, rest = self.around.relative(module)
        return cst.ImportFrom(
            module=_expression(".".join(rest)) if rest else None,
            relative=[cst.Dot()] * dots,
            names=[cst.ImportAlias(cst.Name(name), asname=_asname(bound) if bound not in (None, name) else None)],
        )


def _differs(module: str, names: Sequence[cst.ImportAlias] | cst.ImportStar) -> bool:
    """Say whether what is imported of a module with a stand-in is another thing there."""
    own = STAND_INS[module]
    return own is None or isinstance(names, cst.ImportStar) or any(dotted(name.name) in own for name in names)


def _from_flow(module: str, bound: str | None) -> cst.ImportFrom:
    alias = cst.ImportAlias(cst.Name(module), asname=_asname(bound) if bound not in (None, module) else None)
    return cst.ImportFrom(module=_expression("wfc.flow"), names=[alias])


def _from_vercel(statement: cst.ImportFrom, names: Sequence[cst.ImportAlias]) -> list[cst.BaseSmallStatement]:
    """Split `from vercel import workflow as w, other`: other names of that namespace stay where they are."""
    sdk = [alias for alias in names if dotted(alias.name) == "workflow"]
    rest = [alias for alias in names if dotted(alias.name) != "workflow"]
    parts: list[cst.BaseSmallStatement] = [
        cst.Import([cst.ImportAlias(cst.Name("wfc"), asname=_asname(alias.evaluated_alias or "workflow"))])
        for alias in sdk
    ]
    if rest:
        parts.append(statement.with_changes(names=_commas(rest)))
    return parts


def trim_import(statement: cst.BaseSmallStatement, keep: Sequence[int]) -> cst.BaseSmallStatement:
    """Leave only the names at the positions `keep` in an import statement."""
    assert isinstance(statement, cst.Import | cst.ImportFrom), "only imports are trimmed"
    names = statement.names
    assert not isinstance(names, cst.ImportStar), "a star is expanded, not trimmed"
    if len(keep) == len(names):
        return statement
    kept = _commas([names[position] for position in keep])
    trimmed = statement.with_changes(names=kept)
    if not isinstance(statement, cst.ImportFrom) or statement.lpar is None:
        return trimmed
    if "#" in cst.Module([]).code_for_node(trimmed):
        return trimmed  # somebody explains a name there
    plain = [name.with_changes(comma=cst.MaybeSentinel.DEFAULT) for name in kept]
    flat = statement.with_changes(names=_commas(plain), lpar=None, rpar=None)
    return flat if len(cst.Module([]).code_for_node(flat)) <= LINE else trimmed


def expand_star(statement: cst.BaseSmallStatement, names: Sequence[str]) -> cst.BaseSmallStatement:
    """Replace `*` by the names that are needed of it."""
    assert isinstance(statement, cst.ImportFrom), "only `from` imports have a star"
    return statement.with_changes(names=_commas([cst.ImportAlias(cst.Name(name)) for name in names]))


def _commas(names: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    """Put a comma between the names and none behind the last; comments between them go with their name."""
    between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    parts = [name if isinstance(name.comma, cst.Comma) else name.with_changes(comma=between) for name in names[:-1]]
    return [*parts, names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]


def dotted(node: cst.BaseExpression) -> str:
    """Return `a.b.c` for a chain of names."""
    name = get_full_name_for_node(node)
    assert name is not None, "module names are chains of names"
    return name


def _expression(name: str) -> cst.Attribute | cst.Name:
    expression = cst.parse_expression(name)
    assert isinstance(expression, cst.Attribute | cst.Name)
    return expression


def _asname(name: str) -> cst.AsName:
    return cst.AsName(cst.Name(name))
