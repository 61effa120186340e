"""The `wfc` command: the compiler's commands and the runtime's, each loaded when it is used.

`wfc worker` must start without libcst and `wfc check` without a store, so this module imports click
alone; `COMMANDS` says where each command is. In: `sys.argv`. Out: an exit code (`exits`); the commands
themselves stand in the modules that `COMMANDS` names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn

import click

from .exits import EXIT_INTERRUPTED, EXIT_USAGE
from .streams import abandon_output, is_about_output, prepare_streams

# name: (module:attribute, the line in `wfc --help`)
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("wfc_compiler.cli.init:init", "Write a runnable starter project."),
    "check": ("wfc_compiler.cli.check:check", "Find mistakes without running anything."),
    "build": ("wfc_compiler.cli.build:build", "Compile workflows and steps into isolated routes."),
    "explain": ("wfc_compiler.cli.explain:explain", "Explain the code of a finding."),
    "graph": ("wfc_compiler.cli.graph:graph", "Show the graph of a workflow."),
    "run": ("wfc_compiler.cli.run:run", "Build, start a run and drive it to its end."),
    "start": ("wfc.cli.start:start", "Start a run for a worker to execute."),
    "worker": ("wfc.cli.worker:worker", "Execute runs until told to stop."),
    "list": ("wfc.cli.listing:list_runs", "List runs."),
    "inspect": ("wfc.cli.inspecting:inspect", "Show a run with its steps and events."),
    "cancel": ("wfc.cli.control:cancel", "Cancel a run."),
    "terminate": ("wfc.cli.control:terminate", "End a run without running any more of its code."),
    "retry": ("wfc.cli.retry:retry", "Let a failed run go on."),
    "prune": ("wfc.cli.prune:prune", "Remove runs that ended long ago."),
    "resume": ("wfc.cli.control:resume", "Deliver a payload to a hook."),
    "doctor": ("wfc.cli.doctor:doctor", "Say which runs are stuck and why, and how the store is."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and turns every end into an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a misspelt one gets the nearest name."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            close = get_close_matches(name, COMMANDS, 1)
            hint = f" Did you mean `wfc {close[0]}`?" if close else " `wfc --help` lists them."
            ctx.fail(f"there is no command `{name}`.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Run a command and exit; no traceback reaches a user."""
        extra["standalone_mode"] = False
        prepare_streams()
        try:
            code = super().main(args, *rest, **extra)
        except click.ClickException as error:
            error.show()
            sys.exit(EXIT_USAGE)
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            sys.exit(EXIT_INTERRUPTED)
        except BrokenPipeError:  # the reader is gone: `wfc list | head`
            abandon_output()
            sys.exit(EXIT_USAGE)
        except Exception as error:  # noqa: BLE001  # the last resort, which says so
            if isinstance(error, OSError) and is_about_output(error):
                abandon_output()
                click.echo(f"error: can't write the output: {error.strerror}", err=True)
                sys.exit(EXIT_USAGE)
            if isinstance(error, FileNotFoundError) and current_folder_is_gone():
                click.echo("error: the current folder has been removed: change to one that is there", err=True)
                sys.exit(EXIT_USAGE)
            sys.exit(report_internal_error(error))
        sys.exit(code if isinstance(code, int) else 0)


def current_folder_is_gone() -> bool:
    """Has somebody removed the folder in which the command was given?"""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def report_internal_error(error: Exception) -> int:
    """Say that wfc itself failed (WFC900), where, and how to see more; return the exit code."""
    if os.environ.get("WFC_TRACEBACK"):
        raise error
    from ..diagnostics import describe_failure

    click.echo(f"error[WFC900]: {describe_failure(error)}", err=True)
    click.echo("help: this is a bug in wfc; WFC_TRACEBACK=1 shows where, for a report", err=True)
    return EXIT_USAGE


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "--version", package_name="wfc-compiler", message="wfc %(version)s")
def main() -> None:
    """Compile durable Python workflows into isolated routes, and run them."""
