"""`wfc run`: build what has changed, then start a run and drive it to its end.

The compiling half of the command; `wfc.cli.running` is the other. Findings and the build go to stderr; a project with
errors runs nothing.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from wfc.cli.running import RunRequest, drive
from wfc.cli.session import guarded

from ..diagnostics import style_for
from .build import compile_or_exit, report_findings
from .projects import exit_code, project_root


@click.command("run")
@click.argument("workflow")
@click.option("--input", "input_", default=None, metavar="JSON|@FILE|-", help="The workflow's arguments.")
@click.option("--run-id", default=None, help="The run's id; attaches to the run that has it already.")
@click.option("--fast-forward", is_flag=True, help="Move the run's clock over its sleeps.")
@click.option("--project", type=click.Path(path_type=Path), default=None, help="The project's folder.")
@click.option("--store", default=None, metavar="URL", help="The store, e.g. sqlite:///.wfc/state.db.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def run(
    workflow: str,
    input_: str | None,
    *,
    run_id: str | None,
    fast_forward: bool,
    project: Path | None,
    store: str | None,
    as_json: bool,
) -> None:
    """Build, start a run of WORKFLOW and drive it to its end.

    Ctrl-C loses nothing: `wfc worker`, or the same command with --run-id, goes on. Older runs of the store that are due
    are continued, too.
    """
    root = project_root(project)
    built = compile_or_exit(root, None)
    code = exit_code(built.diagnostics, config_errors=built.config_errors)
    if code:
        report_findings(built, style_for(sys.stderr))
        sys.exit(code)
    request = RunRequest(workflow, input_, run_id, fast_forward, root, store, as_json)
    sys.exit(asyncio.run(guarded(drive(request))))
