"""The bodies of step attempts that run in this worker, on its event loop or in threads.

Comes in: attempts that are durable. Goes out: a call of `ended` for each, in a plain callback of the loop, with what
its body came to. Where next: `bodies.py` for a single body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread

from ..engine.deliveries import StepReturned
from ..engine.state import StepState
from .active import ActiveRun
from .bodies import Ended, run_body
from .telling import tell_begun

STUCK_THREADS = 1000  # a thread outlives its body's timeout: slots, not threads, bound what runs


class Attempts:
    """See the module. Once `stopping` is set, a body that is cancelled gives its attempt back."""

    def __init__(
        self, concurrency: int, clock: Callable[[], int], ended: Callable[[ActiveRun, Ended | None], None]
    ) -> None:
        self.stopping = False
        self._clock = clock
        self._ended = ended
        self._threads = ThreadPoolExecutor(concurrency + STUCK_THREADS, thread_name_prefix="wfc-step")
        self._running: set[asyncio.Task[Ended | None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    @property
    def are_stuck(self) -> bool:
        """Are there bodies that don't end, in threads or deaf to cancellation? They keep a process alive."""
        return bool(self._running) or any(thread.is_alive() for thread in self.threads)

    @property
    def threads(self) -> Collection[Thread]:
        """The threads that bodies have run in."""
        return self._threads._threads

    def start(self, active: ActiveRun, step: StepState) -> None:
        """Start the body of an attempt."""
        tell_begun(active.state.run, step)
        attempt = (step.call_id, step.attempt)
        body = run_body(
            active.build,
            active.state.run,
            step,
            self._threads,
            self._clock,
            stopping=lambda: self.stopping and attempt not in active.told_to_stop,
        )
        task = asyncio.get_running_loop().create_task(body, name=f"{step.call_id}#{step.attempt}")
        active.bodies[step.call_id] = task
        self._running.add(task)
        task.add_done_callback(partial(self._finish, active, step))

    def returned(self, step: StepState) -> StepReturned:
        """Return the end of an attempt whose body never ran."""
        return StepReturned(self._clock(), step.call_id, step.attempt)

    def close(self) -> None:
        """Start nothing more in threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _finish(self, active: ActiveRun, step: StepState, task: asyncio.Task[Ended | None]) -> None:
        self._running.discard(task)
        active.bodies.pop(step.call_id, None)
        # Cancelled before its first line ran, else the body has made a value of its cancellation.
        self._ended(active, self.returned(step) if task.cancelled() else task.result())
