"""The flow's end of a hook: payloads in the order of the log, kept until somebody awaits them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from ..errors import HookConflictError, HookDisposedError

Decode = Callable[[bytes], Any]


class HookChannel:
    """Buffers what arrives for one hook and hands it to its awaiters, first come, first served."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        token: str,
        decode: Decode,
        *,
        dispose: Callable[[], None],
        ask: Callable[[], None],
    ) -> None:
        self.token = token
        self.disposed = False
        self._loop = loop
        self._decode = decode
        self._dispose = dispose
        self._ask = ask
        self._arrived: deque[bytes] = deque()
        self._waiters: deque[asyncio.Future[Any]] = deque()
        self._conflict: HookConflictError | None = None
        self._confirmed = False
        self._curious: asyncio.Future[None] | None = None

    @property
    def is_awaited(self) -> bool:
        """Would a payload, or the news that the token is the run's, wake anybody?"""
        return any(not waiter.done() for waiter in self._waiters) or self.is_curious

    @property
    def is_curious(self) -> bool:
        """Does somebody wait to hear who holds the token?"""
        return self._curious is not None

    def receive(self, payload: bytes) -> None:
        """Take a payload that was delivered to the run."""
        self._arrived.append(payload)
        self._hand_out()

    def refuse(self, error: HookConflictError) -> None:
        """Another live run holds the token: every await of this hook raises `error`."""
        self._conflict = error
        self.confirm()
        self._fail_waiters(error)

    def confirm(self) -> None:
        """It is decided who holds the token."""
        self._confirmed = True
        curious, self._curious = self._curious, None
        if curious is not None and not curious.done():
            curious.set_result(None)

    async def conflict(self) -> HookConflictError | None:
        """Wait until it is decided who holds the token; None where this run does."""
        if not self._confirmed:
            if self._curious is None:
                self._curious = self._loop.create_future()
                self._ask()
            await asyncio.shield(self._curious)
        return self._conflict

    def dispose(self) -> None:
        """Give the token back; idempotent. Who is waiting gets HookDisposedError."""
        if self.disposed:
            return
        self.disposed = True
        self._arrived.clear()
        if self._conflict is None:
            self._dispose()
        self._fail_waiters(HookDisposedError(self.token))

    async def next(self) -> Any:
        """Wait for the next payload. Raises HookConflictError or HookDisposedError."""
        if self._conflict is not None:
            raise self._conflict
        if self.disposed:
            raise HookDisposedError(self.token)
        waiter: asyncio.Future[Any] = self._loop.create_future()
        self._waiters.append(waiter)
        self._hand_out()
        return await waiter

    def _hand_out(self) -> None:
        # A waiter whose task was cancelled is done already: the payload stays for the next one.
        while self._arrived and self._waiters:
            waiter = self._waiters.popleft()
            if waiter.done():
                continue
            try:
                value = self._decode(self._arrived.popleft())
            except Exception as error:  # noqa: BLE001 - the awaiter gets whatever decoding raised
                waiter.set_exception(error)
            else:
                waiter.set_result(value)

    def _fail_waiters(self, error: Exception) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(error)
