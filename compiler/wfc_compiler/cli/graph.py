"""`wfc graph WORKFLOW`: print the graph of a workflow, read from its source; nothing is built.

In: a project and a workflow's name. Out: the graph on stdout; where the project has errors, which may
have taken something out of the graph, they stand on stderr and the exit code is that of `wfc check`.
A workflow that isn't there is a usage error, in the words of `wfc run`.
"""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path

import click

from ..checking import check_project
from ..discover import Program, WorkflowDef
from ..emit.deep_stack import with_deep_stack
from ..graph import render_dot, render_json, render_mermaid, workflow_graph
from .exits import EXIT_USAGE
from .projects import exit_code, print_findings, project_root
from .streams import write

_RENDERERS = {"mermaid": render_mermaid, "dot": render_dot, "json": render_json}


@click.command("graph")
@click.argument("workflow")
@click.option("--format", "form", type=click.Choice(list(_RENDERERS)), default="mermaid", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--project", type=click.Path(path_type=Path), help="The project's directory.")
def graph(workflow: str, form: str, project: Path | None, *, as_json: bool) -> None:
    """Draw WORKFLOW: its steps, waits, branches, loops and parallel groups."""
    root = project_root(project)
    result = with_deep_stack(lambda: check_project(root))
    code = 0
    if result.has_errors:
        print_findings(result, "full", stream=sys.stderr)
        code = exit_code(result.diagnostics, config_errors=result.config_errors)
    found = _find(result.program, workflow)
    if len(found) != 1:
        click.echo(_not_found(result.program, workflow, found), err=True)
        sys.exit(code or EXIT_USAGE)
    render = render_json if as_json else _RENDERERS[form]
    write(sys.stdout, render(workflow_graph(result.program, found[0])))
    sys.exit(code)


def _find(program: Program, text: str) -> list[WorkflowDef]:
    """Return the workflows that a full id, `module:name` or a bare name means."""
    return [
        workflow
        for workflow in program.workflows
        if text in (workflow.id, f"{workflow.module}:{workflow.name}", workflow.name)
    ]


def _not_found(program: Program, text: str, found: list[WorkflowDef]) -> str:
    if found:
        return f"error: more than one workflow is called {text!r}; say which: {', '.join(item.id for item in found)}"
    names = sorted(workflow.name for workflow in program.workflows)
    if not names:
        return f"error: there is no workflow {text!r}: the project holds none"
    close = get_close_matches(text, names, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"there is {', '.join(names)}"
    return f"error: there is no workflow {text!r}; {hint}"
