"""A run in an environment: what a test does to it, and what it can look at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..client import user_codec
from ..errors import HookNotFoundError
from ..handles import Run
from ..history import describe_steps
from ..hooks import BaseHook
from ..loading import user_name_of
from ..model import Event, Hook
from ..streams import stream_name
from .errors import WaitingError
from .waiting import describe_waiting, timeline

if TYPE_CHECKING:
    from .environment import Environment

T = TypeVar("T")
R = TypeVar("R")
__tracebackhide__ = True  # pytest shows the test's own lines


class TestRun(Generic[T]):
    """See the module. What moves the run returns once nothing more happens by itself; see `Environment`."""

    __test__ = False

    def __init__(self, environment: Environment, handle: Run[T]) -> None:
        self._environment = environment
        self.handle = handle
        self.run_id = handle.run_id

    # --- moving it on

    def result(self) -> T:
        """Let time pass until the run ends, and return what the workflow returned.

        Raises WorkflowRunFailedError with the workflow's exception as `__cause__`, or WorkflowCancelledError;
        WaitingError when the run doesn't end by itself: it says what the run waits for.
        """
        return self._environment._call(self._finish)

    def resume(self, payload: BaseHook, token: str | None = None) -> None:
        """Deliver a payload to a hook of this run: the one with the token, or the only one of the payload's class."""
        if token is None:
            name = user_name_of(type(payload))
            tokens = [hook.token for hook in self.hooks if hook.hook_class == name]
            if len(tokens) != 1:
                count = "no hook" if not tokens else f"{len(tokens)} hooks ({', '.join(tokens)})"
                raise WaitingError(f"there is {count} of class {type(payload).__name__} to resume; {self.describe()}")
            token = tokens[0]
        elif all(hook.token != token for hook in self.hooks):
            raise WaitingError(f"{HookNotFoundError(token)}; {self.describe()}")
        self._environment.resume(token, payload)

    def cancel(self, reason: str | None = None) -> None:
        """Ask the run to end, as `Run.cancel` does; it may clean up."""
        self._environment.call(self.handle.cancel(reason))

    def terminate(self, reason: str | None = None) -> None:
        """End the run without running any more of its code."""
        self._environment.call(self.handle.terminate(reason))

    # --- looking at it

    @property
    def status(self) -> str:
        """Return pending, running, completed, failed or cancelled."""
        return self._look(self.handle.status)

    @property
    def events(self) -> list[Event]:
        """The run's log. `event.type`, `event.data` and `event.payload` are what `wfc inspect` shows."""
        return self._look(lambda: self._environment._client.store.events(self.run_id))

    @property
    def event_types(self) -> list[str]:
        """The types of the log's events, in order."""
        return [event.type for event in self.events]

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps that the run has asked for: `name`, `status`, `attempt`, `input`, and `output` or `error`."""
        return describe_steps(self.events)

    @property
    def hooks(self) -> list[Hook]:
        """The live hooks of the run, oldest first, each with its `token`."""
        return self._look(lambda: self._environment._client.store.hooks(self.run_id))

    @property
    def attributes(self) -> dict[str, str]:
        """The run's attributes."""
        return self._look(self.handle.attributes)

    @property
    def children(self) -> list[TestRun[Any]]:
        """The runs that this one has started, in order."""
        started = [str(event.data["childRunId"]) for event in self.events if event.type == "child_started"]
        return [TestRun(self._environment, Run(run_id)) for run_id in started]

    def stream(self, namespace: str | None = None) -> list[Any]:
        """What was written to a stream of the run so far."""
        name = stream_name(namespace)
        chunks = self._look(lambda: self._environment._client.store.chunks(self.run_id, name, 0, 1_000_000))
        return [user_codec.decode(chunk.data) for chunk in chunks]

    def describe(self) -> str:
        """Say how the run stands and what it waits for."""
        return self._look(self._describe)

    def timeline(self) -> str:
        """Return the log as text, a line for each event."""
        return timeline(self.events)

    def _look(self, make: Callable[[], Awaitable[R]]) -> R:
        async def look() -> R:
            return await make()

        return self._environment._call(look)

    async def _describe(self) -> str:
        client = self._environment._client
        return await describe_waiting(client, await client.store.run(self.run_id), self._environment._now_us)

    async def _finish(self) -> T:
        environment = self._environment
        ended = await environment._loop.until_done(environment._client.wait(self.run_id))
        if not ended.done():
            ended.cancel()
            raise WaitingError(f"nothing more happens by itself: {await self._describe()}")
        ended.result()
        await environment._settle()
        return await self.handle.return_value()

    def __repr__(self) -> str:
        return f"<TestRun {self.run_id}>"
