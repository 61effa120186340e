"""Tell which functions say nothing to the graph: neither they nor what they mention has a durable call.

Only an answer that saves work: what is not silent is walked, and may turn out to draw nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..binder import Module
from ..callgraph import Receivers
from ..discover import Program

_SPEAKING = ("wfc.", "asyncio.")


@dataclass(frozen=True)
class Mentions:
    """What a piece of code mentions, itself and through others: anything durable, which attributes, what it raises."""

    durable: bool
    attributes: frozenset[str]
    raised: tuple[str | None, ...] = ()


class Silence:
    """Answers about the functions of a program, each looked at once."""

    def __init__(self, program: Program, receivers: Receivers) -> None:
        self._program = program
        self._receivers = receivers
        self._known: dict[ast.AST, Mentions] = {}

    def mentions(self, module: Module, node: ast.AST) -> Mentions:
        """Return what a function mentions."""
        if node in self._known:
            return self._known[node]
        seen: dict[ast.AST, Module] = {}
        pending = [(module, node)]
        durable = False
        attributes: set[str] = set()
        while pending and not durable:
            where, current = pending.pop()
            if current in seen:
                continue
            seen[current] = where
            for dotted in self._names(where, current, attributes):
                if self._is_durable(dotted):
                    durable = True
                    break
                pending.extend(self._behind(dotted))
        raised = {
            self._raised(where, part)
            for current, where in seen.items()
            for part in ast.walk(current)
            if isinstance(part, ast.Raise)
        }
        found = Mentions(durable, frozenset(attributes), tuple(sorted(raised, key=str)))
        self._known[node] = found
        return found

    def _names(self, module: Module, node: ast.AST, attributes: set[str]) -> Iterator[str]:
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute):
                attributes.add(part.attr)
            if isinstance(part, ast.Name | ast.Attribute):
                dotted = self._receivers.resolve(module, part)
                if dotted is not None:
                    yield dotted

    def _raised(self, module: Module, node: ast.Raise) -> str | None:
        made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return self._program.names.canonical(module, made) if made is not None else None

    def _is_durable(self, dotted: str) -> bool:
        program = self._program
        if dotted.startswith(_SPEAKING) or dotted in program.step_by_name or dotted in program.workflow_by_name:
            return True
        return dotted in program.hook_by_name or dotted.rpartition(".")[0] in program.hook_by_name

    def _behind(self, dotted: str) -> Iterator[tuple[Module, ast.AST]]:
        for function in self._receivers.functions_at(dotted):
            yield function.module, function.node
        definition = self._program.names.definition(dotted)
        if definition is not None:
            for binding in definition.bindings:
                held = binding.value or (binding.node if isinstance(binding.node, ast.ClassDef) else None)
                if held is not None:
                    yield definition.module, held
