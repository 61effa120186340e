"""The effect of a piece of code on what is around it: a value that `effects` and `calls` compute with.

`REGISTRY[name] = f` has the target `REGISTRY`; `sentry_sdk.init()` is unknown, with its node.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

Target = tuple[str, str]


@dataclass(frozen=True)
class Effect:
    """What a statement changes; `unknown` is the piece of code whose effect can't be told.

    Of the targets in `deep` it may be a part that is changed, and others may share it: `TABLE["a"].append(1)`.
    """

    targets: frozenset[Target] = frozenset()
    unknown: ast.AST | None = None
    deep: frozenset[Target] = frozenset()

    def __or__(self, other: Effect) -> Effect:
        """Return both effects together."""
        return Effect(self.targets | other.targets, self.unknown or other.unknown, self.deep | other.deep)


NOTHING = Effect()


def deeply(targets: Iterable[Target], unknown: ast.AST | None = None) -> Effect:
    """Return the effect of changing anything that some definitions give or hold."""
    every = frozenset(targets)
    return Effect(every, unknown, every)


def union(effects: Iterable[Effect]) -> Effect:
    """Return all effects together."""
    result = NOTHING
    for effect in effects:
        result |= effect
    return result
