"""`wfc build`: compile a project, and say in a few lines what came out.

Data goes to stdout (with --json), everything else to stderr. Exit codes: 0 ok, 1 findings of severity
error, 2 configuration or internal error.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from wfc.manifest import Manifest, Route, StepEntry, WorkflowEntry

from ..diagnostics import (
    Severity,
    Style,
    render_concise,
    render_footer,
    render_full,
    severity_of,
    style_for,
    summary_to_json,
    to_json,
)
from ..pipeline import Build, BuildResult, compile_project
from .exits import EXIT_USAGE
from .projects import exit_code, project_root
from .streams import write

_NAMED_IMPORTS = 6
# With more routes than this their list is left to -v: it would push what matters off the screen.
_LISTED_ROUTES = 40


@click.command("build")
@click.option("--project", type=click.Path(path_type=Path), help="The project's directory.")
@click.option("--out", type=click.Path(path_type=Path), help="Where builds go (default: .wfc in the project).")
@click.option("--verify", is_flag=True, help="Import each route in a fresh interpreter.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("-v", "--verbose", is_flag=True, help="Show findings of severity info, and every route.")
def build(project: Path | None, out: Path | None, *, verify: bool, as_json: bool, verbose: bool) -> None:
    """Compile the workflows and steps of a project into isolated routes."""
    began = time.perf_counter()
    root = project_root(project)
    result = compile_or_exit(root, out.resolve() if out else None, verify=verify)
    style = style_for(sys.stderr)
    report_findings(result, style, verbose=verbose)
    if as_json:
        write(sys.stdout, json.dumps(_to_json(result, root), indent=2, ensure_ascii=False) + "\n")
    if result.build is not None:
        seconds = time.perf_counter() - began
        click.echo("\n".join(_summary(result.build, root, seconds, style, verbose=verbose)), err=True)
    sys.exit(exit_code(result.diagnostics, config_errors=result.config_errors))


def compile_or_exit(root: Path, out: Path | None, *, verify: bool = False) -> BuildResult:
    """Compile; where the build can't be written, say so and exit."""
    try:
        result = compile_project(root, out, verify=verify)
    except OSError as error:
        click.echo(f"error: can't write the build: {error}", err=True)
        sys.exit(EXIT_USAGE)
    return with_changes(result, root)


def with_changes(result: BuildResult, root: Path) -> BuildResult:
    """Return the result with what becomes of runs in flight, where it changes something for them."""
    if not any(item.in_flight for item in result.diagnostics):
        return result
    from .in_flight import with_runs_in_flight  # of no use to most builds

    return replace(result, diagnostics=with_runs_in_flight(result.diagnostics, root))


def report_findings(result: BuildResult, style: Style, *, verbose: bool = False) -> None:
    """Print findings on stderr; remarks only when asked for, and then a line each."""
    remarks = [item for item in result.diagnostics if severity_of(item) is Severity.INFO]
    shown = [item for item in result.diagnostics if severity_of(item) is not Severity.INFO]
    text = render_full(shown, result.sources, style)
    text += "\n" if text else ""
    if verbose and remarks:
        text += render_concise(remarks, style) + "\n"
    if text:
        write(sys.stderr, f"{text}{render_footer(shown, result.summary, style)}\n")


def _summary(build: Build, root: Path, seconds: float, style: Style, *, verbose: bool) -> Iterator[str]:
    manifest = build.manifest
    rows = [*_rows("workflows", manifest.workflows), *_rows("steps", manifest.steps)]
    names = max((len(name) for _, name, _ in rows), default=0)
    paths = max((len(route.path) for _, _, route in rows), default=0)
    verb = "built" if build.fresh else "up to date:"
    yield f"{style.bold(verb)} {_shown(build.path, root)} {style.dim(f'in {seconds * 1000:.0f} ms')}"
    if not rows:
        yield "  there is no workflow or step in this project; is it the right one?"
    if len(rows) > _LISTED_ROUTES and not verbose:
        counts = Counter(kind for kind, _, _ in rows)
        yield f"  {counts['workflows']} workflows, {counts['steps']} steps {style.dim('(-v lists their routes)')}"
        rows = []
    group = ""
    for kind, name, route in rows:
        if kind != group:
            group = kind
            yield f"\n  {style.bold(kind)}"
        size = f"{len(route.files):3} module{'s' if len(route.files) != 1 else ' '}"
        imports = f"  imports {_listed(route.imports)}" if route.imports else ""
        yield f"    {name:{names}}  {style.dim(f'{route.path:{paths}}')}  {size}{imports}".rstrip()
    yield ""


def _rows(
    kind: str, files: Mapping[str, Mapping[str, StepEntry]] | Mapping[str, Mapping[str, WorkflowEntry]]
) -> list[tuple[str, str, Route]]:
    return [(kind, name, entry.route) for entries in files.values() for name, entry in entries.items()]


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMED_IMPORTS
    return ", ".join(names[:_NAMED_IMPORTS]) + (f" and {more} more" if more > 0 else "")


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _to_json(result: BuildResult, root: Path) -> dict[str, Any]:
    described: dict[str, Any] = {"buildId": None, "path": None, "fresh": None, "workflows": [], "steps": []}
    if result.build is not None:
        described = _described(result.build, root)
    return {
        **described,
        "diagnostics": [to_json(item) for item in result.diagnostics],
        "summary": summary_to_json(result.diagnostics, result.summary),
    }


def _described(build: Build, root: Path) -> dict[str, Any]:
    manifest: Manifest = build.manifest
    return {
        "buildId": build.id,
        "path": _shown(build.path, root),
        "fresh": build.fresh,
        "workflows": [
            {
                "workflowId": entry.workflow_id,
                "name": name,
                "file": file,
                "fingerprint": entry.fingerprint,
                "steps": list(entry.steps),
                "hooks": list(entry.hooks),
                **_route(entry.route),
            }
            for file, entries in manifest.workflows.items()
            for name, entry in entries.items()
        ],
        "steps": [
            {"stepId": entry.step_id, "name": name, "file": file, **_route(entry.route)}
            for file, entries in manifest.steps.items()
            for name, entry in entries.items()
        ],
    }


def _route(route: Route) -> dict[str, Any]:
    return {"route": route.path, "files": list(route.files), "imports": list(route.imports), "sha256": route.sha256}
