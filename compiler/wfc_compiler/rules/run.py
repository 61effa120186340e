"""Run all rules over a program; look a rule up by its code.

In: a program and its call graph. Out: findings, weighed by where the values that they are about go. `RULES` also
explains the codes whose findings other stages make; every code of the catalogue has a rule.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..callgraph import CallGraph, Receivers
from ..diagnostics import OFF_BY_DEFAULT, Diagnostic
from ..discover import Program
from ..facts import Facts
from .base import Context, Rule
from .copies import COPY_RULES
from .coverage import Coverage
from .defaults import BadDefault
from .definitions import DEFINITION_RULES
from .determinism import DETERMINISM_RULES
from .effects import EFFECT_RULES
from .evolution import EVOLUTION_RULES
from .host import HOST_RULES
from .imports import UnresolvedImport
from .interpreter import INTERPRETER_RULES
from .isolation import ISOLATION_RULES
from .literals import LargeLiteral
from .meta import META_RULES
from .provenance import PROVENANCE_RULES, weigh
from .sdk_names import UnknownAttribute
from .shape import SHAPE_RULES
from .state import STATE_RULES
from .steps import STEP_RULES
from .undefined import UndefinedName
from .unknown_library import UnknownLibrary
from .values import VALUE_RULES
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
    *PROVENANCE_RULES,
    *STATE_RULES,
    *EFFECT_RULES,
    UnknownLibrary,
    *WAITING_RULES,
    *VALUE_RULES,
    *COPY_RULES,
    BadDefault,
    LargeLiteral,
    *ISOLATION_RULES,
    *STEP_RULES,
    *EVOLUTION_RULES,
    Coverage,
    *META_RULES,
)
RULES: Mapping[str, Rule] = {rule.code: rule() for rule in _CLASSES}


def run_rules(program: Program, graph: CallGraph, within: Collection[str] | None = None) -> tuple[Diagnostic, ...]:
    """Return what the rules find, in all modules or `within` some; findings of earlier stages are not repeated."""
    context = context_of(program, graph, within)
    off = OFF_BY_DEFAULT.difference(program.project.config.enable)
    found = [finding for code, rule in RULES.items() if code not in off for finding in rule.check(context)]
    return tuple(weigh(context, found))


@dataclass(frozen=True)
class FactsOfRoots:
    """What rules ask about other workflows and steps: a digest of it for each, by id, and what steps write."""

    digests: Mapping[str, str]
    written: tuple[str, ...]


def facts_of_roots(program: Program, graph: CallGraph, written: Collection[str] = ()) -> FactsOfRoots:
    """Return what rules about others may ask of the workflows and steps of a graph.

    `written` are the module globals that steps outside of the graph write. Where the digests are equal, nothing that is
    asked about these workflows and steps has another answer.
    """
    context = context_of(program, graph)
    shared = context.memory.facts(written)
    digests = {
        root: _digest([*facts, *sorted(shared.get(root, ()))]) for root, facts in context.functions.told().items()
    }
    return FactsOfRoots(digests, tuple(sorted(context.memory.written)))


def _digest(facts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def context_of(program: Program, graph: CallGraph, within: Collection[str] | None = None) -> Context:
    """Return what rules look at."""
    return Context(program, graph, Receivers(program), Facts.load(program.project.config.decls), within)
