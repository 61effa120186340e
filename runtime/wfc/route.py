"""What a generated step route makes of itself: one step, ready to run.

Comes in: the recorded arguments of an attempt. Goes out: the encoded result, or what the body raised. The same object
is what the worker calls in process and what `uvicorn route:app` serves. asyncio is imported where it is used: it takes
as long as all the rest, and whoever runs a step has it by then.
"""

from __future__ import annotations

import contextvars
import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .asgi import StepApp
from .codec import Codec, SignatureCodec
from .context import StepContext, current_step
from .target import load_target

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from .registry import Step


class StepRoute:
    """A step of a build. Made by the emitted `route.py`; imports the shadow module that defines the step.

    The timeout is that of the step's own decorator, since a route that is served alone has no manifest; retries are the
    engine's business. `package` is the emitted module's `__package__` (empty when it was imported from its own
    directory), `target` is `module:function` in the user's names. `is_threaded` says that the body runs in a thread,
    which nothing can stop.
    """

    def __init__(self, *, package: str | None, file: str, step_id: str, target: str) -> None:
        loaded = load_target(package, Path(file), target)
        self._bind(loaded.value, step_id, loaded.codec)
        self.app = StepApp(self)

    def _bind(self, step: Step[..., Any], step_id: str, codec: Codec) -> None:
        """Make this the route of a step whose values the codec reads and writes."""
        self.step_id = step_id
        self.step = step
        self.codec = codec
        self.signature = SignatureCodec(step.func, codec)
        self.is_threaded = not inspect.iscoroutinefunction(step.func)
        self._timeout = None if step.timeout_us is None else step.timeout_us / 1e6

    async def run(self, input: bytes, context: StepContext | None, executor: Executor | None) -> bytes:
        """Run one attempt and return the encoded result.

        An `async def` body runs on this event loop, a `def` body in `executor` (None: the loop's default). Raises what
        the body raises, TimeoutError past the step's timeout, and SerializationError or TypeValidationError for
        arguments or results that don't fit.
        """
        args, kwargs = self.signature.decode_args(input)
        token = current_step.set(context)
        try:
            if self._timeout is None:
                result = await self._call(executor, args, kwargs)
            else:
                result = await self._call_in_time(self._timeout, executor, args, kwargs)
            if context is not None and context.writers:
                await _drain(context)
        finally:
            current_step.reset(token)
        return self.signature.encode_result(result)

    async def _call_in_time(self, seconds: float, executor: Executor | None, args: Any, kwargs: Any) -> Any:
        import asyncio

        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._call(executor, args, kwargs)
        except TimeoutError:
            if not limit.expired():
                raise
            raise TimeoutError(f"no result within the step's timeout of {seconds:g} s") from None

    async def _call(self, executor: Executor | None, args: Any, kwargs: Any) -> Any:
        if not self.is_threaded:
            return await self.step.func(*args, **kwargs)
        import asyncio

        call = functools.partial(contextvars.copy_context().run, _call_in_thread, self.step.func, args, kwargs)
        result = await asyncio.get_running_loop().run_in_executor(executor, call)
        return await result if inspect.isawaitable(result) else result


async def _drain(context: StepContext) -> None:
    """Wait until what the body has written to streams is durable; what a failing one has written goes its way."""
    for writer in context.writers.values():
        await writer.drain()


def _call_in_thread(func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call a `def` body. StopIteration can't be put into a future: before 3.12, whoever waits would wait for ever."""
    try:
        return func(*args, **kwargs)
    except StopIteration as error:
        raise RuntimeError(f"the step raised {error!r}") from error
