"""A file as an editor holds it: `wfc check - --stdin-filename app/flow.py < buffer`.

The buffer stands for the file on disk, all other files are read as they are, and the findings of that file alone are
told, as other linters do. In: the options, stdin. Out: an `Unsaved`, or a usage error.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click

from ..checking import CheckResult
from ..project import Buffers, find_root
from .projects import project_root


@dataclass(frozen=True)
class Unsaved:
    """The root of the project, and a file of it with the text that stands for it."""

    root: Path
    path: Path
    data: bytes

    @property
    def buffers(self) -> Buffers:
        """Return the text in place of the file."""
        return {self.path: self.data}

    def only_its_findings(self, result: CheckResult) -> CheckResult:
        """Leave out what is found elsewhere, unless it is wrong with the configuration: then little else was looked at.

        A file that no entrypoint reaches has no findings of most rules, which is said.
        """
        relpath = self.path.relative_to(self.root).as_posix()
        wanted = {relpath, *(("pyproject.toml", "vercel.json") if result.config_errors else ())}
        found = tuple(item for item in result.diagnostics if item.span.path in wanted)
        if not found and all(module.source.path != self.path for module in result.program.modules.values()):
            click.echo(f"{relpath} is not reached from the entrypoints: it was not checked", err=True)
        return replace(result, diagnostics=found)


def read_unsaved(stdin: str | None, filename: Path | None, project: Path | None, mode: str | None) -> Unsaved | None:
    """Return what the options and stdin give; None when files are to be read from disk."""
    if stdin is None and filename is None:
        return None
    if stdin not in (None, "-"):
        raise click.UsageError(
            f"`wfc check` looks at whole projects, not at `{stdin}` alone: leave it out, or name a folder by --project"
        )
    if filename is None:
        raise click.UsageError("which file is on stdin? Say it by --stdin-filename PATH")
    if mode is not None:
        raise click.UsageError(f"--{mode} needs a file that is saved: leave out `-` and --stdin-filename")
    path = Path.cwd() / filename
    path = path.parent.resolve() / path.name
    root = project_root(project) if project is not None else find_root(path.parent)
    if path.suffix != ".py" or not path.is_relative_to(root):
        raise click.UsageError(f"--stdin-filename {filename}: that is no Python file below {root}")
    closed = getattr(sys, "stdin", None) is None
    return Unsaved(root, path, b"" if closed else sys.stdin.buffer.read())
