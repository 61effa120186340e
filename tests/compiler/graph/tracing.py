"""Run a workflow's code under plain asyncio with fake steps, and follow each durable call in its graph.

In: the text of a module, a graph, a source of choices. Out: nothing, or `NotInGraphError` for the first call that
the graph doesn't have at that place.

Every asyncio task is a *thread*: it stands on nodes of the graph (several, where steps are called in several
places). A durable call moves it to a node of that label for which an edge leads from where the thread stands, and
from where each of the threads stands that it has waited for since its last call. Decisions and timers
are silent: they are passed on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable
from types import SimpleNamespace
from typing import Any

from wfc_compiler.graph import Graph

MOST_CALLS = 40
Choose = Callable[[int], int]
"""Choose one of that many ways; the first is the one that leads to an end."""


class NotInGraphError(BaseException):
    """A call was seen that the graph doesn't allow."""


class StopError(BaseException):
    """The run has taken long enough."""


class E0(Exception):  # noqa: N818 (a name of the programs)
    """What steps raise."""


class E1(E0):
    """What steps raise, too."""


class Places:
    """A graph, as something to walk: which nodes of a label can be come to from some nodes."""

    def __init__(self, graph: Graph) -> None:
        self.label = {node.id: node.label for node in graph.nodes} | {"end": "end"}
        self._silent = {node.id for node in graph.nodes if node.type == "conditional" or node.label == "timeout"}
        self._silent |= {node.id for node in graph.nodes if node.metadata.get("joins")}
        self._next: dict[str, list[str]] = defaultdict(list)
        for edge in graph.edges:
            self._next[edge.source].append(edge.target)

    def after(self, places: Iterable[str]) -> frozenset[str]:
        """Return the nodes that may come next."""
        found: set[str] = set()
        pending = [target for place in places for target in self._next[place]]
        passed: set[str] = set()
        while pending:
            node = pending.pop()
            if node in self._silent:
                if node not in passed:
                    passed.add(node)
                    pending += self._next[node]
            else:
                found.add(node)
        return frozenset(found)


class Thread:
    """A task: where it stands, how many calls it made, and whom it waited for since the last one."""

    def __init__(self, places: frozenset[str], waited: list[Thread]) -> None:
        self.fork = places
        self.places = places
        self.inherited = list(waited)
        self.waited = list(waited)
        self.calls = 0
        self.started = False

    @property
    def has_moved(self) -> bool:
        """Say whether it made a call, or waited for one that did."""
        return bool(self.calls) or self.waited != self.inherited

    def stands(self) -> list[frozenset[str]]:
        """Return the places from each of which the next call has to be reached."""
        waited = [other for other in self.waited if other.has_moved]
        found = [places for other in waited for places in other.stands()]
        if not found or not any(other.fork is self.places for other in waited):
            found.append(self.places)
        return found

    def fork_off(self) -> Thread:
        """Return a thread that starts here."""
        return Thread(self.places, self.waited)

    def join(self, other: Thread) -> None:
        """Remember to have waited for a thread, which has seen what it inherited once it has moved."""
        if other.has_moved:
            self.waited = [earlier for earlier in self.waited if earlier not in other.inherited]
        self.waited.append(other)


class Tracer:
    """One run; `seen` are the pairs of labels that followed each other."""

    def __init__(self, places: Places, choose: Choose) -> None:
        self.places = places
        self.choose = choose
        self.calls = 0
        self.seen: set[tuple[str, str]] = set()
        self.trace: list[str] = []
        self.failure = ""
        self.threads: list[Thread] = []
        self.first = Thread(frozenset({"start"}), [])
        self.finished = False
        self.thread = contextvars.ContextVar("thread", default=self.first)

    def move(self, label: str) -> None:
        """Let the running task make a durable call."""
        if self.finished:
            return
        thread = self.thread.get()
        self.trace.append(label)
        stands = thread.stands()
        self.seen |= {(self.places.label[place], label) for places in stands for place in places}
        allowed = [self.places.after(places) for places in stands]
        found = frozenset.intersection(*allowed)
        thread.places = frozenset(node for node in found if self.places.label[node] == label)
        if not thread.places:
            where = [sorted(self.places.label[place] for place in places) for places in stands]
            self.failure = self.failure or f"{label} after {where}, seen {self.trace}"
            raise StopError
        thread.calls += 1
        thread.waited = []

    def look_at_end(self) -> None:
        """See that a run failed here, which the graph needn't have."""
        for places in self.thread.get().stands():
            if "end" in self.places.after(places):
                self.seen |= {(self.places.label[place], "end") for place in places}

    async def durable(self, label: str) -> int:
        """Be a step: take a while, give something or fail."""
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise StopError
        self.move(label)
        for _ in range(self.choose(3)):
            await asyncio.sleep(0)
        outcome = self.choose(9)
        if outcome in (7, 8):
            raise (E0, E1)[outcome - 7](label)
        return outcome % 2

    async def rest(self, label: str) -> None:
        """Be a sleep, which doesn't fail."""
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise StopError
        self.move(label)
        await asyncio.sleep(0)

    def join(self, task: Task) -> None:
        """Remember that the running task has waited for another one."""
        if task.real.done():
            if not task.real.cancelled() and isinstance(task.real.exception(), NotInGraphError | StopError):
                raise task.real.exception() or StopError
            self.thread.get().join(task.thread)

    def spawn(self, awaitable: Any) -> Task:
        """Start a task."""
        if isinstance(awaitable, Task):
            return awaitable
        thread = self.thread.get().fork_off()
        self.threads.append(thread)

        async def run() -> Any:
            self.thread.set(thread)
            thread.started = True
            return await awaitable

        return Task(self, thread, asyncio.ensure_future(run()))


class Task:
    """What `create_task` gives."""

    def __init__(self, tracer: Tracer, thread: Thread, real: asyncio.Future[Any]) -> None:
        self.tracer, self.thread, self.real = tracer, thread, real

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait, and remember it."""
        try:
            return (yield from self.real.__await__())
        finally:
            self.tracer.join(self)


class Gathered:
    """What `gather` gives."""

    def __init__(self, tracer: Tracer, tasks: list[Task], *, settles: bool) -> None:
        self.tracer, self.tasks = tracer, tasks
        self.real = asyncio.gather(*(task.real for task in tasks), return_exceptions=settles)

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for all; on an error, for the one that failed."""
        try:
            given = yield from self.real.__await__()
        except Exception as error:
            for task in self.tasks:
                if task.real.done() and not task.real.cancelled() and task.real.exception() is error:
                    self.tracer.join(task)
            raise
        except asyncio.CancelledError:
            for task in self.tasks:
                self.tracer.join(task)
            raise
        for task in self.tasks:
            self.tracer.join(task)
        return given


class Group(asyncio.TaskGroup):
    """`asyncio.TaskGroup`; on its way out it has waited for its tasks."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self.tracer = tracer
        self.started: list[Task] = []

    def create_task(self, coro: Any, **_: Any) -> Any:
        """Start a task."""
        thread = self.tracer.thread.get().fork_off()
        self.tracer.threads.append(thread)

        async def run() -> Any:
            self.tracer.thread.set(thread)
            thread.started = True
            return await coro

        self.started.append(Task(self.tracer, thread, super().create_task(run())))
        return self.started[-1]

    async def __aexit__(self, *error: Any) -> Any:
        """Wait for all."""
        try:
            return await super().__aexit__(*error)
        finally:
            for task in self.started:
                self.tracer.join(task)


@contextlib.asynccontextmanager
async def expire(tracer: Tracer) -> AsyncIterator[None]:
    """Be `asyncio.timeout`: expire after some rounds of the loop, or never."""
    rounds = tracer.choose(8)
    done: list[bool] = []
    async with asyncio.timeout(None) as inner:

        def tick(left: int) -> None:
            # A timer is due when everything else stands still, not before a task has started.
            if left or not all(thread.started for thread in tracer.threads):
                asyncio.get_running_loop().call_soon(tick, max(left - 1, 0))
            elif not done:
                inner.reschedule(0)

        if rounds:
            tick(rounds)
        try:
            yield
        finally:
            done.append(True)


def fake_asyncio(tracer: Tracer) -> SimpleNamespace:
    """Return what the programs know as `asyncio`."""

    def gather(*awaitables: Any, return_exceptions: bool = False) -> Gathered:
        return Gathered(tracer, [tracer.spawn(item) for item in awaitables], settles=return_exceptions)

    async def wait(awaitables: Iterable[Any], **how: Any) -> tuple[set[Task], set[Task]]:
        tasks = [tracer.spawn(item) for item in awaitables]
        if not tasks:
            return set(), set()
        await asyncio.wait([task.real for task in tasks], **how)
        done = [task for task in tasks if task.real.done()]
        for task in done:
            tracer.join(task)
        return set(done), set(tasks) - set(done)

    def as_completed(awaitables: Iterable[Any]) -> list[Coroutine[Any, Any, Any]]:
        tasks = [tracer.spawn(item) for item in awaitables]

        async def first() -> Any:
            done, _ = await asyncio.wait([task.real for task in tasks], return_when="FIRST_COMPLETED")
            task = next(task for task in tasks if task.real in done)
            tasks.remove(task)
            return await task

        return [first() for _ in tasks]

    async def wait_for(awaitable: Any, _: object) -> Any:
        task = tracer.spawn(awaitable)
        async with expire(tracer):
            return await task

    return SimpleNamespace(
        gather=gather,
        wait=wait,
        as_completed=as_completed,
        timeout=lambda _: expire(tracer),
        wait_for=wait_for,
        create_task=tracer.spawn,
        sleep=lambda _: tracer.rest("sleep"),
        TaskGroup=lambda: Group(tracer),
        FIRST_COMPLETED="FIRST_COMPLETED",
    )


class FakeHook:
    """What `H.wait()` gives."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer

    def __await__(self) -> Generator[Any, None, int]:
        """Wait for a payload."""
        return self.tracer.durable("H.wait").__await__()

    async def __aiter__(self) -> AsyncIterator[int]:
        """Wait for payloads, some times."""
        while True:
            yield await self.tracer.durable("H.wait")
            # A hook that nobody resumes any more: only its owner's end ends it.

    async def __aenter__(self) -> FakeHook:
        """Enter."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Dispose."""


def run_program(body: str, steps: Iterable[str], places: Places, choose: Choose) -> Tracer:
    """Run `flow` of a module's text; raises NotInGraphError."""
    tracer = Tracer(places, choose)

    def pick(ways: int = 2) -> int:
        chosen = choose(ways + 3)
        if chosen == ways + 2:
            raise E0("pick")
        return min(chosen, ways - 1)

    namespace: dict[str, Any] = {
        "asyncio": fake_asyncio(tracer),
        "contextlib": contextlib,
        "functools": functools,
        "wfc": SimpleNamespace(sleep=lambda _: tracer.rest("sleep")),
        "H": SimpleNamespace(wait=lambda **_: FakeHook(tracer)),
        "E0": E0,
        "E1": E1,
        "pick": pick,
        **{name: (lambda *_, name=name, **__: tracer.durable(name)) for name in steps},
    }
    exec(compile(body, "<program>", "exec"), namespace)

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of tasks that nobody waits for
        failed = (await asyncio.gather(namespace["flow"](), return_exceptions=True))[0]
        with contextlib.suppress(StopError):
            if not isinstance(failed, BaseException) or (isinstance(failed, E0) and not failed.args):
                tracer.move("end")  # it gave something, or raised an exception of its own
            elif not isinstance(failed, StopError):
                tracer.look_at_end()
        tracer.finished = True

    asyncio.run(main())
    if tracer.failure:
        raise NotInGraphError(tracer.failure)
    return tracer
