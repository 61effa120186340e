"""A build written by hand, as the compiler would emit it, and a project whose worker runs it.

Comes in: the source of a steps module (`app.s`) and of a flow module (`app.w`, lowered by hand). Goes out: a folder
with `.wfc/builds/<id>`: a route for every step, one for every workflow, and the manifest. So the runtime is tested
without the compiler.
"""

from __future__ import annotations

import ast
import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from wfc.builds import Builds
from wfc.client import Client, use_client
from wfc.clock import wall_clock_us
from wfc.codec import Codec
from wfc.codec.raised import rebuild_exception
from wfc.manifest import Manifest, RetryPolicy, Route, Source, StepEntry, WorkflowEntry
from wfc.model import Event, Run
from wfc.store.protocol import Store
from wfc.store.sqlite.store import SqliteStore
from wfc.worker.options import WorkerOptions
from wfc.worker.worker import Worker

HEAD = """
import asyncio
import time
import wfc
from tests.runtime import probe
wf = wfc.Workflows()
"""
FLOW_HEAD = """
import asyncio
from dataclasses import dataclass
import wfc
from wfc import flow as _flow
from .s import *
wf = wfc.Workflows()
"""
QUICK = RetryPolicy(initial_seconds=0.001, jitter=False)
LINES = Source(line=1, end_line=1)


def write_build(
    root: Path,
    steps: str,
    flows: str,
    *,
    retries: Mapping[str, int] | None = None,
    build_id: str = "b1",
    fingerprint: str = "f",
    pin: bool = False,
) -> None:
    """Write a build and make it current. `retries` holds max_retries by step; the default is none."""
    build = root / ".wfc" / "builds" / build_id
    stubs, step_names = _stubs(HEAD + steps)
    step_entries = {}
    for name in step_names:
        path = f"steps/{name}/route.py"
        _write(build, path, f'StepRoute(package=__package__, file=__file__, step_id="step//app.s//{name}"', "s", name)
        _write_tree(build / "steps" / name, {"s": HEAD + steps})
        step_entries[name] = StepEntry(
            step_id=f"step//app.s//{name}",
            route=Route(path=path, sha256=_sha(root, build_id, name)),
            source=LINES,
            max_retries=(retries or {}).get(name, 0),
            retry=QUICK,
        )
    flow_entries = {}
    for name in _decorated(ast.parse(flows), "workflow"):
        path, id_ = f"flows/{name}/route.py", f"workflow//app.w//{name}"
        _write(build, path, f'FlowRoute(package=__package__, file=__file__, workflow_id="{id_}"', "w", name)
        _write_tree(build / "flows" / name, {"s": stubs, "w": FLOW_HEAD + flows})
        route = Route(path=path, sha256=_sha(root, build_id, f"flow {name}"))
        flow_entries[name] = WorkflowEntry(workflow_id=id_, fingerprint=fingerprint, route=route, source=LINES)
    manifest = Manifest(
        generator="tests",
        build_id=build_id,
        python="3.11",
        pin=pin,
        steps={"app/s.py": step_entries},
        workflows={"app/w.py": flow_entries},
    )
    (build / "manifest.json").write_bytes(manifest.dump())
    (root / ".wfc" / "current").write_text(f"{build_id}\n")


def _write(build: Path, path: str, call: str, module: str, name: str) -> None:
    kind = call.partition("(")[0]
    file = build / path
    file.parent.mkdir(parents=True, exist_ok=True)
    source = "wfc.route" if kind == "StepRoute" else "wfc.flow"
    app = "app = route.app\n" if kind == "StepRoute" else ""
    file.write_text(f'from {source} import {kind}\nroute = {call}, target="app.{module}:{name}")\n{app}')


def _write_tree(route: Path, modules: Mapping[str, str]) -> None:
    (route / "app").mkdir(parents=True, exist_ok=True)
    (route / "__init__.py").write_text("")
    (route / "app" / "__init__.py").write_text("")
    for name, text in modules.items():
        (route / "app" / f"{name}.py").write_text(text)


def _sha(root: Path, build_id: str, name: str) -> str:
    return hashlib.sha256(f"{root} {build_id} {name}".encode()).hexdigest()  # a package of its own for each test


def _decorated(tree: ast.Module, kind: str) -> list[str]:
    """Return the functions that `@wf.<kind>` or `@wf.<kind>(...)` marks."""
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(f"wf.{kind}" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


def _stubs(source: str) -> tuple[str, list[str]]:
    tree = ast.parse(source)
    names = _decorated(tree, "step")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in names:
            node.body = [ast.Expr(ast.Constant(...))]
    return ast.unparse(tree), names


class Project:
    """A folder with a build and a store; use it in `async with open_project(...)`."""

    def __init__(self, root: Path, store: Store) -> None:
        self.root = root
        self.store = store
        self.client = Client(store, Builds(root / ".wfc", root))
        self.workers: list[tuple[Worker, asyncio.Task[None]]] = []

    async def start(self, workflow: str = "main", *, run_id: str | None = None, **arguments: Any) -> Run:
        id_ = f"workflow//app.w//{workflow}"
        signature = self.client.builds.current().flow(id_).signature
        return await self.client.start(id_, lambda: signature.encode_args((), arguments), run_id=run_id)

    def work(self, **options: Any) -> Worker:
        """Start a worker on this loop."""
        worker = Worker(self.store, self.client.builds, wall_clock_us, WorkerOptions(**options))
        self.workers.append((worker, asyncio.create_task(worker.run())))
        return worker

    async def stop(self) -> None:
        """Stop all workers and wait for them; raises what they raised."""
        workers, self.workers = self.workers, []
        for worker, _ in workers:
            worker.stop()
        for _, task in workers:
            await task

    async def outcome(self, run: Run, seconds: float = 20.0) -> Any:
        """Wait for the run's end; return its result or raise its error."""
        async with asyncio.timeout(seconds):
            ended = await self.client.wait(run.run_id)
        if ended.status == "failed":
            raise rebuild_exception(ended.error or b"", Codec())
        return Codec().decode(ended.output or b"null") if ended.status == "completed" else ended.status

    async def log(self, run: Run) -> list[Event]:
        return await self.store.events(run.run_id)

    async def types(self, run: Run) -> list[str]:
        return [event.type for event in await self.log(run)]

    async def until(self, look: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Look whenever something has changed, until it gives something true."""
        news = self.store.subscribe()
        try:
            async with asyncio.timeout(20):
                while not (found := await look()):
                    news.clear()
                    try:
                        async with asyncio.timeout(0.05):
                            await news.wait()
                    except TimeoutError:
                        continue
                return found
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}") from None
        finally:
            self.store.unsubscribe(news)


@asynccontextmanager
async def open_project(root: Path, store: Store | None = None) -> AsyncIterator[Project]:
    """Open a written build on a SQLite store; workers are stopped at the end."""
    project = Project(root, store or SqliteStore(root / ".wfc" / "state.db"))
    use_client(project.client)
    try:
        yield project
    finally:
        for worker, _ in project.workers:
            worker.stop(now=True)
        await asyncio.gather(*(task for _, task in project.workers), return_exceptions=True)
        use_client(None)
        await project.store.close()
