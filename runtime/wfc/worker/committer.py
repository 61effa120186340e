"""Group commit: transitions of many runs that are ready together share one durable commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..engine.state import Advanced
from ..errors import StoreError
from ..store.protocol import Committed, Store
from .active import ActiveRun

OnCommitted = Callable[[ActiveRun, Advanced, Committed], None]
OnRefused = Callable[[ActiveRun, Advanced, Exception], None]


class Committer:
    """Collects what the callbacks of one turn of the event loop add, and commits it once they have all run.

    Commits follow one another; what is added during one goes into the next. When the store fails, `on_failure` is
    called and nothing more is committed: what was computed is then known to nobody, and another worker takes the runs
    over. When a batch holds something that the store can't keep, its transitions are committed one by one and
    `on_refused` is called for the one.
    """

    def __init__(
        self,
        store: Store,
        on_committed: OnCommitted,
        on_refused: OnRefused,
        on_failure: Callable[[StoreError], None],
    ) -> None:
        self._store = store
        self._on_committed = on_committed
        self._on_refused = on_refused
        self._on_failure = on_failure
        self._batch: list[tuple[ActiveRun, Advanced]] = []
        self._flushing: asyncio.Task[None] | None = None

    def add(self, active: ActiveRun, advanced: Advanced) -> None:
        """Commit this transition soon."""
        self._batch.append((active, advanced))
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush(), name="wfc-commit")

    async def idle(self) -> None:
        """Wait until everything that was added is committed."""
        while self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _flush(self) -> None:
        try:
            while self._batch:
                batch, self._batch = self._batch, []
                await self._commit(batch)
                if not self._batch:
                    await asyncio.sleep(0)  # let the callbacks that the commit has made ready join the next one
        except StoreError as error:
            self._on_failure(error)
        finally:
            self._flushing = None

    async def _commit(self, batch: list[tuple[ActiveRun, Advanced]]) -> None:
        try:
            results = await self._store.commit([advanced.transition for _, advanced in batch])
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a database driver raises for a value
            if len(batch) == 1:
                self._on_refused(*batch[0], error)
                return
            for item in batch:  # nothing of the batch was kept: find out whose fault it is
                await self._commit([item])
        else:
            for (active, advanced), result in zip(batch, results, strict=True):
                self._on_committed(active, advanced, result)
