"""What every runtime command shares: its options, the project and store it works on, and how failures are reported."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from ..builds import Builds
from ..client import Client, connect, use_client
from ..compat import InstalledSdkError
from ..errors import ConfigError, StoreError, WfcError
from ..settings import build_output, project_root, store_url
from ..store.locate import open_empty_store, store_is_there

P = ParamSpec("P")
T = TypeVar("T")

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_STORE = 3
EXIT_INTERRUPTED = 130


def runtime_command(function: Callable[P, Coroutine[Any, Any, int]]) -> Callable[P, None]:
    """Make an async function the body of a command: run it, turn its result into the exit code, report failures.

    Adds `--project`, `--store` and `--json`. A mistake of the user's is one line on stderr, never a traceback.
    """

    @click.option("--project", type=click.Path(path_type=Path), default=None, help="The project's folder.")
    @click.option("--store", default=None, metavar="URL", help="The store, e.g. sqlite:///.wfc/state.db.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        sys.exit(asyncio.run(guarded(function(*args, **kwargs))))

    return command


async def guarded(body: Coroutine[Any, Any, int]) -> int:
    """Await a command's body; report a WfcError on stderr and return its exit code."""
    try:
        return await body
    except StoreError as error:
        return fail(str(error), EXIT_STORE)
    except ConfigError as error:
        return fail(str(error), EXIT_USAGE)
    except WfcError as error:
        return fail(str(error), EXIT_FAILED)


def fail(message: str, code: int) -> int:
    """Say what is wrong on stderr, and return the exit code."""
    say(f"{click.style('error', fg='red', bold=True)}: {message}")
    return code


def say(message: str) -> None:
    """Tell the person at the terminal something that isn't data; no reason to stop where nobody reads it any more."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(message, err=True)


def shortened(text: str, limit: int) -> str:
    """Return text of at most so many characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def print_json(value: Any) -> None:
    """Print the one JSON object of `--json`."""
    click.echo(json.dumps(value, ensure_ascii=False, allow_nan=True))


def root_of(project: Path | None) -> Path:
    """Return the project's root: the folder named, else the nearest project around the current one."""
    if project is None:
        return project_root(Path.cwd())
    if not project.is_dir():
        raise ConfigError(f"--project {project}: there is no such folder")
    return project.resolve()


def alias_sdk() -> None:
    """Make `vercel.workflow` mean wfc in this process, unless the official SDK is installed.

    Emitted code imports wfc by its own name; this is for what it may import at run time, such as a helper that no build
    has seen.
    """
    with contextlib.suppress(InstalledSdkError):
        import_module("wfc.compat.vercel")


@asynccontextmanager
async def open_client(project: Path | None, store: str | None, *, new: bool = False) -> AsyncIterator[Client]:
    """Open the project's store and builds, as the client of this process, for the time of a command.

    Only with `new` it makes a store where there is none. StoreError where `--store` names one that isn't there.
    """
    alias_sdk()
    client = _connect(root_of(project), store, new=new)
    use_client(client)
    try:
        yield client
    finally:
        use_client(None)
        await client.store.close()


def _connect(root: Path, store: str | None, *, new: bool) -> Client:
    url = store_url(root, store)
    if new or store_is_there(url, root):
        return connect(root, store)
    if store is not None:
        raise StoreError(f"there is no store {url} (project {root}): `wfc run`, `wfc start` and `wfc worker` make one")
    say(f"there is no store {url} yet in {root}")
    return Client(open_empty_store(), Builds(build_output(root), root))


def read_json(text: str, what: str) -> Any:
    """Read the JSON of an option: the text itself, `@file`, or `-` for stdin."""
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{what} {text}: {error}") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f'{what} isn\'t JSON: {error}. Quote it for the shell, e.g. \'{{"topic": "x"}}\'') from error
