"""Which project a command works on, and how its findings are printed: shared by check and build.

In: `--project`, and what a check gave. Out: a folder, text on a stream, an exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from wfc.version import VERSION

from ..diagnostics import (
    Diagnostic,
    Origin,
    RuleText,
    Severity,
    count,
    has_errors,
    render_concise,
    render_footer,
    render_full,
    render_github,
    render_json,
    render_sarif,
    severity_of,
    style_for,
)
from ..project import find_root
from .exits import EXIT_FINDINGS, EXIT_USAGE
from .streams import write

if TYPE_CHECKING:  # a build that is up to date checks nothing
    from ..checking import CheckResult


def project_root(project: Path | None) -> Path:
    """Return the root of the project that the options name; a usage error where there is none."""
    if project is None:
        return find_root(Path.cwd())
    if not project.is_dir():
        raise click.UsageError(f"--project {project}: there is no such folder")
    return project.resolve()


def print_findings(result: CheckResult, form: str, *, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Print the findings of a check in one of the formats, on stdout unless a stream is given.

    JSON holds all; the others leave out findings of severity info unless `verbose`.
    """
    stream = stream or sys.stdout
    style = style_for(stream)
    findings = [
        item for item in result.diagnostics if verbose or form == "json" or severity_of(item) is not Severity.INFO
    ]
    match form:
        case "json":
            text = render_json(findings, result.summary)
        case "github":
            text = render_github(findings, repository_prefix(result.program.project.root))
            text += render_footer(findings, result.summary)
        case "sarif":
            text = _sarif(findings, result)
        case "concise":
            text = render_concise(findings, style)
            text += render_footer(findings, result.summary, style)
        case _:
            text = render_full(findings, result.sources, style)
            text += ("\n" if text else "") + render_footer(findings, result.summary, style)
    write(stream, text)


def _sarif(findings: Sequence[Diagnostic], result: CheckResult) -> str:
    root = result.program.project.root
    prefix = repository_prefix(root)
    repository = root.parents[prefix.count("/")] if prefix else root
    return render_sarif(findings, result.sources, Origin(VERSION, repository, prefix), _rule_text)


def _rule_text(code: str) -> RuleText:
    from ..rules import explanation_of  # the rules, which no other format needs

    said = explanation_of(code)
    return RuleText(said.why, said.plain(), said.markdown())


def repository_prefix(root: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Return the path from the repository, as GitHub checked it out or as git knows it, to the project."""
    workspace = environ.get("GITHUB_WORKSPACE")
    outer = Path(workspace).resolve() if workspace else None
    if outer is None or not root.is_relative_to(outer):
        outer = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    return root.relative_to(outer).as_posix() if outer != root else ""


def exit_code(diagnostics: Sequence[Diagnostic], *, config_errors: bool, strict: bool = False) -> int:
    """Return 0, 1 for findings that stop a build (with `strict` also for warnings), 2 for a wrong configuration."""
    if config_errors:
        return EXIT_USAGE
    warnings = strict and count(diagnostics, Severity.WARNING)
    return EXIT_FINDINGS if has_errors(diagnostics) or warnings else 0
