"""Names in `__all__` that nothing defines, where a star import asks for them: the other half of WFC016.

    __all__ = ["chrage"]            in app/steps.py
    from app.steps import *         raises AttributeError

In: the rules' context. Out: findings at the strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from ..binder import Binding, BindingKind, Module, StarImport, declared_exports, makes_names
from ..diagnostics import Diagnostic, Note
from .base import Context


def missing_exports(context: Context) -> Iterator[Diagnostic]:
    """Yield a finding per name that a module exports and lacks, if a star import that always runs asks for it."""
    asked: set[str] = set()
    for module in context.definition_modules():
        for star in module.stars:
            source = context.program.modules.get(star.module)
            if source is not None and star.certain and source.name not in asked:
                asked.add(source.name)
                yield from _missing(context, source, module, star)


def has_value(bindings: Sequence[Binding]) -> bool:
    """Say whether some binding gives a name a value."""
    return any(binding.kind not in (BindingKind.ANNOTATION, BindingKind.DELETE) for binding in bindings)


def _missing(context: Context, source: Module, asking: Module, star: StarImport) -> Iterator[Diagnostic]:
    names, project = context.program.names, context.program.project
    exported, brought = names.exports(source), names.stars.brought(source)
    if exported is None or brought is None or makes_names(source):
        return
    defined = {name for name, bindings in source.bindings.items() if has_value(bindings)} | brought
    if "__getattr__" in defined:
        return
    seen: set[str] = set()
    for name, node in declared_exports(source):
        below = f"{source.name}.{name}"
        known = name in defined or below in project.modules or below in project.packages or project.is_compiled(below)
        if known or name in seen or name not in exported or name.startswith("__"):
            continue
        seen.add(name)
        close = get_close_matches(name, sorted(defined), 1)
        yield Diagnostic(
            "WFC016",
            f"`{name}` in `__all__` is not defined",
            source.source.span(node),
            label=f"`from {source.name} import *` raises AttributeError",
            secondary=(Note(asking.source.span(star.node), "this import fails"),),
            help=f"did you mean `{close[0]}`?" if close else f"define `{name}`, or take it out of `__all__`",
        )
