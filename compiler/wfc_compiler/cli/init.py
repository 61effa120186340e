"""`wfc init`: a starter project that checks clean and runs as it is.

In: a folder. Out: the files of `FILES` in it, all or none; `wfc run greet` is what comes next.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from .exits import EXIT_USAGE

FILES: Mapping[str, str] = {
    "pyproject.toml": """\
[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["wfc-compiler"]

[project.optional-dependencies]
dev = ["pytest>=8.3"]

[tool.wfc]
entrypoints = ["app/flows.py"]

[tool.pytest.ini_options]
pythonpath = ["."]
testpaths = ["tests"]
""",
    "app/workflow.py": '''\
"""The registry that workflows and steps belong to."""

import wfc

wf = wfc.Workflows()
''',
    "app/steps.py": '''\
"""Steps: each is compiled into a route of its own, recorded, and retried when it fails."""

from app.workflow import wf


@wf.step
async def compose(*, name: str) -> str:
    return f"Hello, {name}!"


@wf.step(max_retries=5, timeout="30s")
async def deliver(*, text: str) -> str:
    print(text)
    return f"delivered {len(text)} characters"
''',
    "app/flows.py": '''\
"""Workflows: plain async Python that survives crashes, deploys and long sleeps."""

import wfc

from app.steps import compose, deliver
from app.workflow import wf


@wf.workflow
async def greet(*, name: str) -> dict[str, str]:
    text = await compose(name=name)
    await wfc.sleep("2 seconds")
    receipt = await deliver(text=text)
    return {"text": text, "receipt": receipt}
''',
    "tests/test_flows.py": '''\
"""Run these with `python -m pytest`: the fixture `wfc_env` comes with wfc, and time takes none."""

from app.flows import greet
from app.steps import deliver


def test_a_greeting_is_delivered_after_a_pause(wfc_env):
    delivered = wfc_env.replace(deliver, returns="delivered")
    run = wfc_env.start(greet, name="Ada")
    assert delivered.count == 0
    wfc_env.advance("2 seconds")
    assert run.status == "completed"
    assert run.result() == {"text": "Hello, Ada!", "receipt": "delivered"}
    assert delivered.calls == [{"text": "Hello, Ada!"}]
''',
    ".gitignore": ".wfc/\n__pycache__/\n",
}


@click.command("init")
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def init(directory: Path, *, as_json: bool) -> None:
    """Write a runnable starter project into DIR (default: the current directory)."""
    taken = [path for path in FILES if (directory / path).exists()]
    if taken:
        click.echo(f"error: {directory} already has {', '.join(taken)}; nothing was written", err=True)
        sys.exit(EXIT_USAGE)
    name = "".join(char if char.isalnum() or char in "-_" else "-" for char in directory.resolve().name)
    try:
        for path, text in FILES.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text.replace("{name}", name, 1) if path == "pyproject.toml" else text)
    except OSError as error:
        click.echo(f"error: can't write {error.filename}: {error.strerror}", err=True)
        sys.exit(EXIT_USAGE)
    if as_json:
        click.echo(json.dumps({"path": str(directory.resolve()), "files": list(FILES)}, ensure_ascii=False))
    go = "" if directory == Path() else f"cd {directory} && "
    click.echo(f'wrote {len(FILES)} files; try: {go}wfc run greet --input \'{{"name": "Ada"}}\'', err=True)
