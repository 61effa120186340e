"""Run all rules over a program; look a rule up by its code.

In: a program and its call graph. Out: findings. `RULES` also explains the codes whose findings other
stages make; every code of the catalogue has a rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..callgraph import CallGraph, Receivers
from ..diagnostics import Diagnostic
from ..discover import Program
from ..facts import Facts
from .base import Context, Rule
from .definitions import DEFINITION_RULES
from .determinism import DETERMINISM_RULES
from .effects import EFFECT_RULES
from .host import HOST_RULES
from .imports import UnresolvedImport
from .interpreter import INTERPRETER_RULES
from .isolation import ISOLATION_RULES
from .meta import META_RULES
from .sdk_names import UnknownAttribute
from .shape import SHAPE_RULES
from .signatures import CallSignature
from .undefined import UndefinedName
from .waiting import WAITING_RULES

_CLASSES: tuple[type[Rule], ...] = (
    *SHAPE_RULES,
    *DEFINITION_RULES,
    UnknownAttribute,
    UnresolvedImport,
    UndefinedName,
    *DETERMINISM_RULES,
    *HOST_RULES,
    *INTERPRETER_RULES,
    *EFFECT_RULES,
    *WAITING_RULES,
    CallSignature,
    *ISOLATION_RULES,
    *META_RULES,
)
RULES: Mapping[str, Rule] = {rule.code: rule() for rule in _CLASSES}


def run_rules(program: Program, graph: CallGraph, within: Collection[str] | None = None) -> tuple[Diagnostic, ...]:
    """Return what the rules find, in all modules or `within` some; findings of earlier stages are not repeated."""
    context = _context(program, graph, within)
    return tuple(finding for rule in RULES.values() for finding in rule.check(context))


def facts_of_roots(program: Program, graph: CallGraph) -> Mapping[str, str]:
    """Return a digest, for each workflow and step of the graph, of what rules about others may ask of it."""
    return _context(program, graph, None).functions.digests()


def _context(program: Program, graph: CallGraph, within: Collection[str] | None) -> Context:
    return Context(program, graph, Receivers(program), Facts.load(program.project.config.decls), within)
