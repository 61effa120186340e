"""Follow the values of a small program: the causes that reach a goal, as they are written."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tests.compiler.conftest import write_project
from wfc_compiler.callgraph import build_call_graph
from wfc_compiler.discover import discover_program
from wfc_compiler.project import load_project
from wfc_compiler.rules import context_of

_HEAD = """\
import asyncio, itertools, json
from dataclasses import dataclass
import pydantic
from vercel import workflow
wf = workflow.Workflows()

class Answer(pydantic.BaseModel, workflow.BaseHook):
    yes: bool

@wf.step
async def charge(*a, **k) -> str: ...

@wf.step
async def tags_of(x: str) -> set[str]: ...
"""


def workflow(body: str) -> str:
    """Return a workflow with the body; `tags` is a set."""
    return "@wf.workflow\nasync def flow(tags: set[str], name: str, xs: list[str]):\n" + textwrap.indent(body, "    ")


def source_of(program: str) -> str:
    """Return the whole text of a program."""
    return _HEAD + textwrap.dedent(program)


def causes_in(program: str, root: Path) -> list[str]:
    """Return the causes that reach a goal in a program, as they are written, each once."""
    write_project(root, "# file: pyproject.toml\n[tool.wfc]\n# file: app.py\n" + source_of(program))
    understood, _ = discover_program(load_project(root).project)
    context = context_of(understood, build_call_graph(understood))
    found = {}
    for meeting in context.meetings:
        cause = meeting.cause
        assert not cause.parameter
        found[cause.node] = cause.module.source.text_of(cause.node, limit=200)  # type: ignore[arg-type]
    return list(found.values())
