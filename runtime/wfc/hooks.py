"""Hooks: how a workflow waits for something from outside, and how that something reaches it.

A hook class is the user's own pydantic model or dataclass that also derives from `BaseHook`: its fields are the
payload. `X.wait(token=...)` in a workflow registers the hook; `X(...).resume(token)` anywhere else delivers a payload
to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .client import HookInfo, client_for
from .context import current_run, require_run
from .errors import HookDisposedError
from .handles import Run, run_sync
from .loading import user_name_of
from .web import not_found_as_404

if TYPE_CHECKING:
    from .flow.channel import HookChannel

T = TypeVar("T")


class HookEvent(Generic[T]):
    """A registered hook. `await` it for one payload, `async for` for many, `async with` to dispose of it at the end."""

    def __init__(self, channel: HookChannel) -> None:
        self._channel = channel

    @property
    def token(self) -> str:
        """What a resumer has to present."""
        return self._channel.token

    def __await__(self) -> Generator[Any, Any, T]:
        """Wait for the next payload. Raises HookConflictError when another live run holds the token."""
        return self._channel.next().__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        """Yield payloads in the order in which they arrived, until the hook is disposed of."""
        while not self._channel.disposed:
            try:
                payload = await self._channel.next()
            except HookDisposedError:
                return
            yield payload

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()

    async def get_conflict(self) -> Run[Any] | None:
        """Wait until it is decided who holds the token: the run that does, None where it is this one."""
        conflict = await self._channel.conflict()
        return None if conflict is None else Run(conflict.conflicting_run_id)

    def dispose(self) -> None:
        """Give the token back: later resumes are refused with HookNotFoundError. Idempotent."""
        self._channel.dispose()


class BaseHook:
    """Mix-in for a pydantic model or dataclass that carries the payload of a hook."""

    @classmethod
    def wait(cls, *, token: str | None = None, metadata: Any = None) -> HookEvent[Self]:
        """Register a hook in a workflow; it is durable before any step that follows starts.

        `token` names the hook to resumers; a token held by another live run raises HookConflictError at the await.
        Without one the hook gets a token that can't be guessed. `metadata` is any value, for whoever lists the hook.
        """
        run = require_run(f"{cls.__name__}.wait()")
        if token is not None:
            _check_token(token)
        codec = run.route.codec
        encoded = None if metadata is None else codec.encode(metadata)
        return HookEvent(
            run.create_hook(user_name_of(cls), lambda data: codec.decode(data, cls), token=token, metadata=encoded)
        )

    async def resume(self, token_or_hook: str | HookInfo) -> HookInfo:
        """Deliver this payload to the run that waits under the token; durable on return. Twice delivers twice.

        Raises HookNotFoundError when no live hook holds the token. RuntimeError in the body of a workflow.
        """
        if current_run.get() is not None:
            raise RuntimeError("resume() can't be called in a workflow: a replay would resume again; use a step")
        token = getattr(token_or_hook, "token", token_or_hook)
        if not isinstance(token, str):
            raise TypeError(f"resume() takes a hook's token, which is text, or what describes a hook, not {token!r}")
        with not_found_as_404():
            return await client_for(type(self)).resume(token, self)

    def resume_sync(self, token_or_hook: str | HookInfo) -> HookInfo:
        """Do what `resume` does, from code that isn't async."""
        return run_sync(lambda: self.resume(token_or_hook))


def _check_token(token: str) -> None:
    if not token:
        raise ValueError("a hook's token can't be empty; leave it out to get one that can't be guessed")
    try:
        token.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the token {token!r} holds half a surrogate pair, which no store keeps") from None
