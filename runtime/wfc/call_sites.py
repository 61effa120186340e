"""Find where a build's workflow makes a call that a log has recorded.

Comes in: a build, a workflow and an issued event. Goes out: the lines of the user's source where such a call stands in
the workflow's flow, by the name of what is called; an event says no more. For messages.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .builds import Build
from .codec import to_plain
from .loading import source_line
from .model import Event

_MOST = 3
_WAITS = frozenset({"sleep", "timeout", "timeout_at", "wait_for", "wait", "call_later", "call_at", "as_completed"})


def call_sites(build: Build, workflow_id: str, event: Event) -> list[str]:
    """Return `file:line` of the first few calls of the kind that the event records; empty where there is none.

    Where some of them have the recorded arguments, as far as these are written out, only those.
    """
    route = build.manifest.workflow(workflow_id).route
    folder = (build.directory / route.path).parent
    calls: list[tuple[str, bool]] = []
    for file in sorted(folder.rglob("*.py")):
        calls += _in_file(file, folder, event)
    likely = [place for place, fits in calls if fits]
    return list(dict.fromkeys(likely or [place for place, _ in calls]))[:_MOST]


def _in_file(file: Path, folder: Path, event: Event) -> Iterator[tuple[str, bool]]:
    tree = ast.parse(file.read_bytes())
    names = _names(tree, event)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_such_a_call(node, event, names)]
    for call in sorted(calls, key=lambda call: call.lineno):
        source, line = source_line(folder, file, call.lineno)
        yield f"{source}:{line}", _fits(call, event)


def _fits(call: ast.Call, event: Event) -> bool:
    """Are all arguments that are written out as text or numbers among the recorded ones?"""
    if event.type != "step_created":
        return True
    recorded = [*to_plain(event.payload or b"{}").values()]
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return all(node.value in recorded for node in given if isinstance(node, ast.Constant))


def _names(tree: ast.AST, event: Event) -> set[str]:
    """Return what the called function may be called in this module: its name, and what it is imported as."""
    match event.type:
        case "step_created":
            called = {_last(str(event.data["stepName"]))}
        case "wait_created":
            called = set(_WAITS)
        case "hook_created":
            called = {_last(str(event.data["hookClass"]))}
        case "attr_set":
            called = {"set_attributes", "remove_attributes"}
        case "child_started":
            called = {"start"}
        case "hook_disposed":
            called = {"dispose"}
        case _:
            called = {"cancel"}
    imported = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in called and alias.asname
    }
    return called | imported


def _is_such_a_call(node: ast.Call, event: Event, names: set[str]) -> bool:
    called = node.func
    if event.type == "hook_created":  # Approval.wait(...)
        return isinstance(called, ast.Attribute) and called.attr == "wait" and _name_of(called.value) in names
    if isinstance(called, ast.Attribute) and called.attr == "wait":  # of asyncio, not of a hook
        return "wait" in names and _name_of(called.value) in ("asyncio", "_flow")
    return _name_of(called) in names


def _name_of(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def _last(name: str) -> str:
    return name.replace("//", ".").replace(":", ".").rpartition(".")[2]
