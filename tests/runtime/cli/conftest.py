"""Commands of the runtime, called in this process on a project that is built by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.runtime.handmade import Project, open_project


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def call(tmp_path: Path) -> Command:
    """Return a function that calls a command of the project: `call("listing:list_runs", "--json")`."""

    def run(name: str, *arguments: str, code: int = 0) -> Said:
        module, _, function = name.partition(":")
        command = getattr(import_module(f"wfc.cli.{module}"), function)
        result = CliRunner().invoke(command, [*arguments, "--project", str(tmp_path)])
        said = Said(result.exit_code, result.stdout, result.stderr)
        assert said.code == code, f"{name} {arguments}: {said}\n{result.exc_info}"
        return said

    return run


def play(root: Path, scene: Callable[[Project], Awaitable[None]]) -> None:
    """Let something happen in a project, and close its store."""

    async def main() -> None:
        async with open_project(root) as project:
            await scene(project)
            await project.stop()

    asyncio.run(main())
