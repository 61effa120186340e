"""The client: start runs, wait for them, and deliver payloads to their hooks, on one store.

Comes in: encoded input and payloads. Goes out: runs as the store has them. `handles.py` is the face that host code
sees. A host process finds the store and the builds through the project that a workflow's or hook's source file
belongs to (or `WFC_STORE`), never by the current directory; processes that wfc starts say which client is theirs with
`use_client`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

from .builds import Builds
from .clock import datetime_of
from .codec import Codec
from .errors import EntityConflictError, RunExpiredError
from .ids import new_run_id
from .limits import check_chosen, check_hook_body
from .loading import RouteNames
from .model import Hook, NewRun, Run, Scalar
from .origin import origin_of
from .settings import build_output, project_root, store_url
from .store.locate import open_store
from .store.protocol import Store

_POLL_SECONDS = 1.0  # a wake-up can be lost; looking again is cheap


user_codec = Codec(names=RouteNames())
"""Writes and reads values outside of any route."""


@dataclass(frozen=True, slots=True)
class HookInfo:
    """A live hook, as its resumers see it."""

    token: str
    hook_id: str
    run_id: str
    created_at: datetime
    metadata: Any = None


class Client:
    """A store and the builds that its runs belong to. `poll` is how many seconds a lost wake-up may cost; None where
    the store loses none.
    """

    def __init__(self, store: Store, builds: Builds, poll: float | None = _POLL_SECONDS) -> None:
        self.store = store
        self.builds = builds
        self._poll = poll

    async def start(
        self,
        workflow_id: str,
        encode: Callable[[], bytes],
        *,
        run_id: str | None = None,
        idempotency_key: str | None = None,
        attributes: dict[str, str] | None = None,
    ) -> Run:
        """Write a pending run of the current build; durable on return.

        The same run id or idempotency key, workflow and arguments give the run that exists; EntityConflictError when
        the workflow or the arguments differ.
        """
        check_chosen(run_id, idempotency_key)
        build = self.builds.current()
        build.manifest.workflow(workflow_id)
        encoded = encode()
        new = NewRun(
            run_id or new_run_id(),
            workflow_id,
            build.manifest.build_id,
            os.urandom(32),
            encoded,
            origin_of(workflow_id, build.manifest.build_id),
            idempotency_key,
            attributes=attributes or {},
        )
        run, created = await self.store.create_run(new)
        if not created:
            await self._check_same(run, workflow_id, encoded)
        return run

    async def resume(self, token: str, payload: object) -> HookInfo:
        """Deliver a payload (an instance of the hook's class) to the run that holds the token.

        Raises HookNotFoundError, and PayloadLimitError for one that is too large.
        """
        encoded = user_codec.encode(payload)
        check_hook_body(encoded, f"the {type(payload).__name__}")
        hook = await self.store.post_payload(token, encoded)
        return _info(hook)

    async def set_attributes(self, run_id: str, changes: dict[str, str | None], writer: dict[str, Scalar]) -> None:
        """Change a run's attributes on behalf of one of its steps; a run that has ended keeps what it has."""
        await self.store.post(run_id, "attributes", writer, user_codec.encode(changes))

    async def end_run(self, run_id: str, kind: Literal["cancel", "terminate"], reason: str | None) -> Run:
        """Leave a message that ends a run, durably, and return the run as it was.

        Raises RunExpiredError for one that has ended, RunNotFoundError.
        """
        run = await self.store.post(run_id, kind, {"reason": reason})
        if run.is_terminal:
            raise RunExpiredError(f"run {run_id!r} has ended: it is {run.status}")
        return run

    async def hook(self, token: str) -> HookInfo:
        """Return the live hook that holds the token; HookNotFoundError when there is none."""
        return _info(await self.store.hook(token))

    async def wait(self, run_id: str) -> Run:
        """Wait for a run's end, without polling: the store says when something has changed."""
        news = self.store.subscribe()
        try:
            while True:
                news.clear()
                run = await self.store.run(run_id)
                if run.is_terminal:
                    return run
                await self.wait_for_news(news)
        finally:
            self.store.unsubscribe(news)

    async def wait_for_news(self, news: asyncio.Event) -> None:
        """Wait until something may have changed: `news` comes from the store's `subscribe`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll):
                await news.wait()

    async def _check_same(self, run: Run, workflow_id: str, encoded: bytes) -> None:
        created = (await self.store.events(run.run_id))[0]
        if run.workflow_id != workflow_id or created.payload != encoded:
            differs = "another workflow" if run.workflow_id != workflow_id else "other arguments"
            raise EntityConflictError(f"run {run.run_id!r} exists with {differs}; choose another id or key")


_explicit: list[Client] = []
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[Path, str], Client]] = WeakKeyDictionary()


def use_client(client: Client | None) -> None:
    """Make this client the one that code of this process uses, whatever its files are; None undoes it."""
    _explicit[:] = [] if client is None else [client]


def client_for(cls_or_function: Any) -> Client:
    """Return the client of the project that a class or function is defined in. Call it with a running event loop.

    The store of an event loop is opened once and stays open.
    """
    return _explicit[0] if _explicit else _client_at(_source_folder(cls_or_function))


def client_here() -> Client:
    """Return the client of a process that names nothing of a project: the one in use, else the current folder's."""
    return _explicit[0] if _explicit else _client_at(Path.cwd())


def connect(root: Path, store: str | None = None) -> Client:
    """Open a project's store and builds. `store` is a URL that wins over the project's settings."""
    return Client(open_store(store_url(root, store), root), Builds(build_output(root), root))


async def close_clients() -> None:
    """Close the stores that were opened for the running event loop, which is about to end."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.store.close()


def _client_at(folder: Path) -> Client:
    root = project_root(folder)
    url = store_url(root)
    of_loop = _clients.setdefault(asyncio.get_running_loop(), {})
    if (root, url) not in of_loop:
        of_loop[root, url] = connect(root)
    return of_loop[root, url]


def _source_folder(thing: Any) -> Path:
    module = sys.modules.get(thing.__module__)
    file = getattr(module, "__file__", None)
    return Path(file).resolve().parent if file else Path.cwd()


def _info(hook: Hook) -> HookInfo:
    metadata = None if hook.metadata is None else user_codec.decode(hook.metadata)
    return HookInfo(hook.token, hook.hook_id, hook.run_id, datetime_of(hook.created_at), metadata)
