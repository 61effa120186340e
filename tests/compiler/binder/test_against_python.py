"""Canonical names against Python itself: random projects are run, and no name may be what the binder denies."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given

from wfc_compiler.binder import BindingKind, Module, Names
from wfc_compiler.project import SourceFile

from .random_projects import FILES, Drawn, Outcome, drawn_projects, probes, run_project

answers: Counter[str] = Counter()


def judge(outcome: Outcome) -> list[str]:
    """Return the wrong answers about a project; counts the right ones."""
    modules = {}
    for name, text in outcome.texts.items():
        source = SourceFile(Path(FILES[name]), FILES[name], name, FILES[name].endswith("__init__.py"), b"", text)
        modules[name] = Module(source, ast.parse(text))
    names = Names(modules)
    wrong = []
    for name, module in modules.items():
        for key, expression in probes(module.tree):
            if key not in outcome.seen[name]:
                continue
            dotted = names.canonical(module, expression)
            answers[said := _verdict(names, dotted, outcome.seen[name][key], outcome.modules)] += 1
            if said == "wrong":
                wrong.append(f"{name}: {ast.unparse(expression)} (probe {key}) is not {dotted}")
    return wrong


def _verdict(names: Names, dotted: str | None, seen: Any, running: dict[str, Any]) -> str:
    if dotted is None:
        return "unknown"
    if seen is None:
        return "placeholder"  # `json = None` where an import failed: nothing can be done with it
    definition = names.definition(dotted)
    if definition is not None:
        values = [item for item in definition.bindings if item.kind is not BindingKind.ANNOTATION]
        submodule = definition.dotted in running
        if len(values) > 1 or not values[0].certain or definition.module.stars or submodule:
            return "variable"  # bound in several places, perhaps: the name stands for whatever it holds
    found = _look_up(dotted, running)
    return "right" if any(item is seen for item in found) else "wrong"


def _look_up(dotted: str, running: dict[str, Any]) -> list[Any]:
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in running or name in ("time", "builtins", "typing", "contextlib", "sys"):
            value = running.get(name) or importlib.import_module(name)
            for part in parts[length:]:
                if not hasattr(value, part):
                    return []
                value = getattr(value, part)
            return [value]
    return []


@given(drawn_projects)
def test_no_name_is_another_object_than_the_binder_says(drawn: Drawn) -> None:
    """Where the binder commits itself, the object that it names is the one that the running code sees."""
    outcome = run_project(drawn)
    shown = "\n".join(f"--- {name}\n{text}" for name, text in outcome.texts.items())
    assert judge(outcome) == [], shown
